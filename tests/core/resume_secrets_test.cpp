// The secrets with which a client proves that a peer is its own.
#include "core/resume_secrets.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling;
using Proof = ResumeSecrets::Proof;

namespace {

const std::string shared_part = "run---" + std::string(22, 's');
const std::string first_secret = shared_part + "first";

}  // namespace

TEST_CASE("resume secrets: the newest is good, and a secret of another peer wrong") {
  const ResumeSecrets secrets(first_secret);
  CHECK(secrets.check(first_secret) == Proof::good);
  CHECK(secrets.check(shared_part + "forged") == Proof::outdated);
  CHECK(secrets.check("run---" + std::string(22, 't') + "first") == Proof::wrong);
  CHECK(secrets.check("") == Proof::wrong);
  CHECK(secrets.check(shared_part) == Proof::outdated);
}

TEST_CASE("resume secrets: a peer without any has no owner") {
  const ResumeSecrets secrets;
  CHECK(secrets.check("") == Proof::wrong);
  CHECK(secrets.check(first_secret) == Proof::wrong);
}

TEST_CASE("resume secrets: the one that was shown stays good until the newest is confirmed") {
  ResumeSecrets secrets(first_secret);
  secrets.renew(first_secret, "second");
  const std::string second = secrets.newest();
  CHECK(second == shared_part + "second");
  CHECK(secrets.check(first_secret) == Proof::good);
  CHECK(secrets.is_newest(second));
  CHECK_FALSE(secrets.is_newest(first_secret));
  SUBCASE("the welcome was lost, and the client shows the same again") {
    secrets.renew(first_secret, "third");
    CHECK(secrets.check(first_secret) == Proof::good);
    CHECK(secrets.check(second) == Proof::outdated);
    CHECK(secrets.check(shared_part + "third") == Proof::good);
  }
  SUBCASE("it arrived") {
    secrets.confirm();
    CHECK(secrets.check(first_secret) == Proof::outdated);
    CHECK(secrets.check(second) == Proof::good);
  }
  SUBCASE("it arrived, and the client shows it") {
    secrets.renew(second, "third");
    CHECK(secrets.check(first_secret) == Proof::outdated);
    CHECK(secrets.check(second) == Proof::good);
  }
}
