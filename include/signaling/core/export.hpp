#pragma once

/// On every class and function that users may link against: built as shared libraries, the components show these
/// and hide the rest. SIGNALING_STATIC comes with the targets, and with the pkg-config files, of static libraries;
/// linked into somebody's shared library, those stay out of its interface.
#if defined(__GNUC__) && !defined(SIGNALING_STATIC)
#define SIGNALING_API [[gnu::visibility("default")]]
#else
#define SIGNALING_API
#endif
