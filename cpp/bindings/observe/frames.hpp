// The Python frames that run now, innermost first.
//
// From 3.11 to 3.13 the interpreter's own frames are read, as debuggers and greenlets do: the
// public interface makes an object for every frame that it is asked about, which takes three times
// as long as all the rest of finding a place. These structures keep their layout within a minor
// version.
#pragma once

#include "bindings/py_ref.hpp"

#if PY_VERSION_HEX >= 0x030B0000 && PY_VERSION_HEX < 0x030E0000
#define FLOPSCOPE_READS_FRAMES 1
#define Py_BUILD_CORE 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <internal/pycore_frame.h>
#pragma GCC diagnostic pop
#undef Py_BUILD_CORE
#else
#include <frameobject.h>
#endif

namespace flopscope::bindings {

#ifdef FLOPSCOPE_READS_FRAMES

// A frame; valid as long as its code runs, so no longer than the current call.
class Frame {
 public:
  static Frame current() noexcept {
    const PyThreadState* thread = PyThreadState_Get();
#if PY_VERSION_HEX >= 0x030D0000
    return Frame{complete(thread->current_frame)};
#else
    return Frame{complete(thread->cframe->current_frame)};
#endif
  }
  explicit operator bool() const noexcept { return frame_ != nullptr; }
  Frame back() const noexcept { return Frame{complete(frame_->previous)}; }

  // Borrowed.
  PyCodeObject* code() const noexcept {
#if PY_VERSION_HEX >= 0x030D0000
    return _PyFrame_GetCode(frame_);
#else
    return frame_->f_code;
#endif
  }
  int instruction() const noexcept {
    return _PyInterpreterFrame_LASTI(frame_) * static_cast<int>(sizeof(_Py_CODEUNIT));
  }
  int line() const noexcept { return PyCode_Addr2Line(code(), instruction()); }

 private:
  explicit Frame(_PyInterpreterFrame* frame) noexcept : frame_{frame} {}
  // Frames that are being set up, and those of C, are nobody's.
  static _PyInterpreterFrame* complete(_PyInterpreterFrame* frame) noexcept {
    while (frame != nullptr && _PyFrame_IsIncomplete(frame)) frame = frame->previous;
    return frame;
  }

  _PyInterpreterFrame* frame_;
};

#else

class Frame {
 public:
  static Frame current() noexcept { return Frame{PyEval_GetFrame()}; }
  explicit operator bool() const noexcept { return frame_ != nullptr; }
  Frame back() const noexcept {
    PyFrameObject* back = PyFrame_GetBack(frame_);
    Py_XDECREF(back);  // it runs, so the interpreter keeps it
    return Frame{back};
  }
  PyCodeObject* code() const noexcept {
    PyCodeObject* code = PyFrame_GetCode(frame_);
    Py_DECREF(code);  // the frame keeps it
    return code;
  }
  int instruction() const noexcept {
#if PY_VERSION_HEX >= 0x030B0000
    return PyFrame_GetLasti(frame_);
#else
    return frame_->f_lasti;
#endif
  }
  int line() const noexcept { return PyFrame_GetLineNumber(frame_); }

 private:
  explicit Frame(PyFrameObject* frame) noexcept : frame_{frame} {}
  PyFrameObject* frame_;
};

#endif

}  // namespace flopscope::bindings
