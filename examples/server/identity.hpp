#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/identity/identity_policy.hpp"
#include "signaling/identity/jwt.hpp"

struct Options;

/// Who may connect, and the ICE servers they are told of, as the options say.
class Identity {
 public:
  /// Throws std::invalid_argument or std::runtime_error, naming the file, if one of keys or secrets cannot be read.
  Identity(const Options& options, boost::asio::any_io_executor executor,
           std::shared_ptr<signaling::LogSink> log);

  /// Null: everybody may do everything, and there is nothing to tell.
  std::shared_ptr<signaling::Policy> policy() const { return policy_; }

  /// Reads the files again. What cannot be read stays as it was; the log says so.
  void reload(const Options& options);

 private:
  void reload_keys(const Options& options);
  void reload_turn_secret(const Options& options);

  std::shared_ptr<signaling::LogSink> log_;
  std::shared_ptr<signaling::identity::JwtAuthenticator> jwt_;
  std::shared_ptr<signaling::identity::IdentityPolicy> policy_;
};
