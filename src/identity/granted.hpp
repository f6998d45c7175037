#pragma once

#include "identity/json_object.hpp"
#include "signaling/identity/authenticator.hpp"

namespace signaling::identity {

/// Reads the private claim `signaling` into `pass`. False if a member has a wrong type or is not known: a restriction that
/// is not understood must not be passed over.
bool read_granted(const JsonValue& claim, Pass& pass);

}  // namespace signaling::identity
