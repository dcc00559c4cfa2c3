// The core's exceptions as Python's.
#include <pybind11/pybind11.h>

#include "core/errors.hpp"
#include "core/symmetry/fallback.hpp"
#include "bindings/dispatch/guard.hpp"
#include "bindings/errors/errors.hpp"
#include "bindings/register.hpp"

namespace py = pybind11;

namespace flopscope::bindings {

void bind_errors(py::module_& module) {
  set_fallback_handler(warn_of_fallback);
  py::register_local_exception<GroupTooLarge>(module, "GroupTooLarge", PyExc_RuntimeError);
  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const PythonErrorSet&) {  // set already
    } catch (const InvalidArgument& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    } catch (const MissingPosition& error) {
      PyErr_SetString(PyExc_KeyError, error.what());
    } catch (const TooManyOperations& error) {
      PyErr_SetString(PyExc_ValueError, error.what());
    }
  });
}

}  // namespace flopscope::bindings
