// Boost.JSON, compiled into this program: the package needs no compiled Boost library.
#include <boost/json/src.hpp>
