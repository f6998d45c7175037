#pragma once

#include <gst/gst.h>

#include <memory>

namespace webrtc {

struct Unref {
  void operator()(gpointer object) const { gst_object_unref(object); }
};
/// A reference to a GStreamer object, given back at its end.
template <class T>
using Ref = std::unique_ptr<T, Unref>;

/// Takes a reference of its own.
template <class T>
Ref<T> share(T* object) {
  return Ref<T>(static_cast<T*>(gst_object_ref(object)));
}

/// Calls `callback`, whose last parameter is a `gpointer` to a `Data`, on each `signal` of `object`; the copy of `data`
/// lives as long as that can happen.
template <class Data, class Callback>
void connect_signal(gpointer object, const char* signal, Callback* callback, const Data& data) {
  const auto destroy = [](gpointer copy, GClosure*) { delete static_cast<Data*>(copy); };
  g_signal_connect_data(object, signal, G_CALLBACK(callback), new Data(data), destroy, GConnectFlags{});
}

/// A promise that calls `callback(promise, Data*)` when it is kept or broken.
template <class Data>
GstPromise* make_promise(GstPromiseChangeFunc callback, const Data& data) {
  return gst_promise_new_with_change_func(callback, new Data(data),
                                          [](gpointer copy) { delete static_cast<Data*>(copy); });
}

}  // namespace webrtc
