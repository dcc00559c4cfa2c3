// The one place where Python's and NumPy's C headers enter, with the settings they must share.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL flopscope_array_api
#define PY_UFUNC_UNIQUE_SYMBOL flopscope_ufunc_api
#ifndef FLOPSCOPE_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#define NO_IMPORT_UFUNC
#endif

// NumPy's macros cast and shadow in ways that our own code may not.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <numpy/ufuncobject.h>
