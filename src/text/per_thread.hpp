#pragma once

#include <memory>

#if defined(__MINGW32__) && !defined(__clang__)
#include <cxxabi.h>
#define SIGNALING_EMULATED_TLS
#endif

namespace signaling::text {

/// `thread_local T`, for a T with a destructor; `Tag` tells several objects of one type apart. lint.portable refuses
/// other ways to have one.
///
/// gcc for MinGW emulates thread-local storage, and frees it at the end of a thread before it runs the destructors
/// of the objects therein. So the object lies on the heap there, and its pointer alone in that storage.
template <class T, class Tag = T>
class PerThread {
 public:
#ifdef SIGNALING_EMULATED_TLS
  static T& get() {
    if (object_ == nullptr) {
      auto made = std::make_unique<T>();
      abi::__cxa_thread_atexit(&PerThread::destroy, made.get(), nullptr);
      object_ = made.release();
    }
    return *object_;
  }

 private:
  static void _GLIBCXX_CDTOR_CALLABI destroy(void* object) {
    delete static_cast<T*>(object);
    object_ = nullptr;
  }
  static inline thread_local T* object_ = nullptr;
#else
  static T& get() {
    thread_local T object;
    return object;
  }
#endif
};

}  // namespace signaling::text
