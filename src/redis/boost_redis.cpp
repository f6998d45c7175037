// The part of Boost.Redis that is not templates: it is compiled here, once. A host that uses Boost.Redis itself and
// links this component statically leaves this header out of its own sources.
#include <boost/redis/src.hpp>
