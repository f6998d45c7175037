// Boost.JSON, compiled into these programs: the package needs no compiled Boost library.
#include <boost/json/src.hpp>
