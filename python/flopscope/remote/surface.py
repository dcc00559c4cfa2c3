"""Operations of a server by name, for clients.

Written by tools/make_remote_surface.py from the operation table: change that, not this file.
"""

from __future__ import annotations

__all__ = ["BLOCKED", "CALLBACKS", "FUNCTIONS", "LOCAL", "METHODS", "UFUNCS", "WEIGHTS"]

#: By module of the table: what a server carries out.
FUNCTIONS: dict[str, frozenset[str]] = {
    "core": frozenset(
        """
    abs absolute acos acosh add all allclose amax amin angle any append apply_along_axis
    apply_over_axes arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin
    argpartition argsort argwhere around array array_equal array_equiv array_split asarray
    asarray_chkfinite asin asinh astype atan atan2 atanh atleast_1d atleast_2d atleast_3d
    average bartlett bincount bitwise_and bitwise_count bitwise_invert bitwise_left_shift
    bitwise_not bitwise_or bitwise_right_shift bitwise_xor blackman block bmat broadcast_arrays
    broadcast_shapes broadcast_to can_cast cbrt ceil choose clip column_stack common_type
    compress concat concatenate conj conjugate convolve copy copysign copyto corrcoef correlate
    cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad
    degrees delete diag diag_indices diag_indices_from diagflat diagonal diff digitize divide
    divmod dot dsplit dstack ediff1d einsum einsum_path empty empty_like equal exp exp2
    expand_dims expm1 extract eye fabs fill_diagonal fix flatnonzero flip fliplr flipud
    float_power floor floor_divide fmax fmin fmod frexp from_dlpack frombuffer fromfunction
    fromiter full full_like gcd geomspace gradient greater greater_equal hamming hanning
    heaviside histogram histogram2d histogram_bin_edges histogramdd hsplit hstack hypot i0
    identity imag in1d indices inner insert interp intersect1d invert isclose iscomplex
    iscomplexobj isdtype isfinite isfortran isin isinf isnan isneginf isposinf isreal isrealobj
    isscalar issubdtype iterable ix_ kaiser kron lcm ldexp left_shift less less_equal lexsort
    linspace log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
    logical_xor logspace mask_indices matmul matrix_transpose matvec max maximum
    may_share_memory mean median meshgrid min min_scalar_type minimum mintypecode mod modf
    moveaxis multiply nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean
    nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim negative
    nextafter nonzero not_equal ones ones_like outer packbits pad partition percentile
    permute_dims piecewise place poly polyadd polyder polydiv polyfit polyint polymul polysub
    polyval positive pow power prod promote_types ptp put put_along_axis putmask quantile
    rad2deg radians ravel ravel_multi_index real real_if_close reciprocal remainder repeat
    require reshape resize result_type right_shift rint roll rollaxis roots rot90 round
    row_stack searchsorted select setdiff1d setxor1d shape shares_memory sign signbit sin sinc
    sinh size sort sort_complex spacing split sqrt square squeeze stack std subtract sum
    swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid trapz tri
    tril tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from
    true_divide trunc typename union1d unique unique_all unique_counts unique_inverse
    unique_values unpackbits unravel_index unstack unwrap vander var vdot vecdot vecmat vsplit
    vstack where zeros zeros_like
    """.split()
    ),
    "fft": frozenset(
        """
    fft.fft fft.fft2 fft.fftfreq fft.fftn fft.fftshift fft.hfft fft.ifft fft.ifft2 fft.ifftn
    fft.ifftshift fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft fft.rfft2 fft.rfftfreq
    fft.rfftn
    """.split()
    ),
    "linalg": frozenset(
        """
    linalg.cholesky linalg.cond linalg.cross linalg.det linalg.diagonal linalg.eig linalg.eigh
    linalg.eigvals linalg.eigvalsh linalg.inv linalg.lstsq linalg.matmul linalg.matrix_norm
    linalg.matrix_power linalg.matrix_rank linalg.matrix_transpose linalg.multi_dot linalg.norm
    linalg.outer linalg.pinv linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals
    linalg.tensordot linalg.tensorinv linalg.tensorsolve linalg.trace linalg.vecdot
    linalg.vector_norm
    """.split()
    ),
    "random": frozenset(
        """
    random.beta random.binomial random.bytes random.chisquare random.choice random.default_rng
    random.dirichlet random.exponential random.f random.gamma random.geometric random.get_state
    random.gumbel random.hypergeometric random.laplace random.logistic random.lognormal
    random.logseries random.multinomial random.multivariate_normal random.negative_binomial
    random.noncentral_chisquare random.noncentral_f random.normal random.pareto
    random.permutation random.poisson random.power random.rand random.randint random.randn
    random.random random.random_sample random.ranf random.rayleigh random.sample random.seed
    random.set_state random.shuffle random.standard_cauchy random.standard_exponential
    random.standard_gamma random.standard_normal random.standard_t random.symmetric
    random.triangular random.uniform random.vonmises random.wald random.weibull random.zipf
    """.split()
    ),
    "stats": frozenset(
        """
    stats.cauchy.cdf stats.cauchy.pdf stats.cauchy.ppf stats.expon.cdf stats.expon.pdf
    stats.expon.ppf stats.laplace.cdf stats.laplace.pdf stats.laplace.ppf stats.logistic.cdf
    stats.logistic.pdf stats.logistic.ppf stats.lognorm.cdf stats.lognorm.pdf stats.lognorm.ppf
    stats.norm.cdf stats.norm.pdf stats.norm.ppf stats.truncnorm.cdf stats.truncnorm.pdf
    stats.truncnorm.ppf stats.uniform.cdf stats.uniform.pdf stats.uniform.ppf
    """.split()
    ),
    "symmetry": frozenset(
        """
    as_symmetric is_symmetric symmetrize
    """.split()
    ),
}

#: Functions with methods: ``add.reduce`` and the like.
UFUNCS = frozenset(
    """
abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh
atan atan2 atanh bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not
bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate copysign cos cosh
deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax
fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm
ldexp left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor maximum minimum mod modf multiply negative nextafter
not_equal positive pow power rad2deg radians reciprocal remainder right_shift rint sign
signbit sin sinh spacing sqrt square subtract tan tanh true_divide trunc
""".split()
)

#: Refused: text files, settings, dates.
BLOCKED = frozenset(
    """
array2string array_repr array_str asmatrix busday_count busday_offset datetime_as_string
datetime_data format_float_positional format_float_scientific frompyfunc genfromtxt
get_include getbufsize geterrcall is_busday loadtxt nested_iters random.random_integers
savetxt setbufsize seterrcall show_config show_runtime
""".split()
)

#: Helpers of the library in process.
LOCAL = frozenset(
    """
base_repr binary_repr broadcast errstate finfo fromfile fromregex fromstring
get_printoptions geterr iinfo isnat ndenumerate ndindex nditer printoptions set_printoptions
seterr
""".split()
)

#: They call the caller's code back.
CALLBACKS = frozenset(
    """
apply_along_axis apply_over_axes fromfunction fromiter piecewise
""".split()
)

#: Methods of the random classes.
METHODS: dict[str, frozenset[str]] = {
    "Generator": frozenset(
        """
    beta binomial bytes chisquare choice dirichlet exponential f gamma geometric gumbel
    hypergeometric integers laplace logistic lognormal logseries multinomial
    multivariate_hypergeometric multivariate_normal negative_binomial noncentral_chisquare
    noncentral_f normal pareto permutation permuted poisson power random rayleigh spawn
    standard_cauchy standard_exponential standard_gamma standard_normal standard_t triangular
    uniform vonmises wald weibull zipf
    """.split()
    ),
    "RandomState": frozenset(
        """
    beta binomial bytes chisquare choice dirichlet exponential f gamma geometric get_state
    gumbel hypergeometric laplace logistic lognormal logseries multinomial multivariate_normal
    negative_binomial noncentral_chisquare noncentral_f normal pareto permutation poisson power
    rand randint randn random random_integers random_sample rayleigh seed set_state
    standard_cauchy standard_exponential standard_gamma standard_normal standard_t tomaxint
    triangular uniform vonmises wald weibull zipf
    """.split()
    ),
    "SeedSequence": frozenset(
        """
    generate_state
    """.split()
    ),
}

#: Packaged weights other than 1 of functions of each element.
WEIGHTS = {
    "acos": 16,
    "acosh": 16,
    "angle": 16,
    "arccos": 16,
    "arccosh": 16,
    "arcsin": 16,
    "arcsinh": 16,
    "arctan": 16,
    "arctan2": 16,
    "arctanh": 16,
    "asin": 16,
    "asinh": 16,
    "atan": 16,
    "atan2": 16,
    "atanh": 16,
    "cbrt": 16,
    "cos": 16,
    "cosh": 16,
    "divmod": 16,
    "exp": 16,
    "exp2": 16,
    "expm1": 16,
    "float_power": 16,
    "floor_divide": 16,
    "fmod": 16,
    "gcd": 16,
    "hypot": 16,
    "i0": 16,
    "lcm": 16,
    "log": 16,
    "log10": 16,
    "log1p": 16,
    "log2": 16,
    "logaddexp": 16,
    "logaddexp2": 16,
    "mod": 16,
    "pow": 16,
    "power": 16,
    "remainder": 16,
    "sin": 16,
    "sinc": 16,
    "sinh": 16,
    "tan": 16,
    "tanh": 16,
}
