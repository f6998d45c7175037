#pragma once

/// For every class and function that users may link against: shared libraries export these and hide the rest. The
/// targets and pkg-config files of static libraries define SIGNALING_STATIC; a shared library that links them does not
/// export them.
#if defined(__GNUC__) && !defined(SIGNALING_STATIC)
#define SIGNALING_API [[gnu::visibility("default")]]
#else
#define SIGNALING_API
#endif
