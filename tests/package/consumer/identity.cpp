// A host that links identity: it admits with tickets, and a guess is none.
#include <memory>
#include <optional>
#include <signaling/core/router.hpp>
#include <signaling/identity/identity_policy.hpp>
#include <signaling/identity/jwt.hpp>
#include <signaling/identity/ticket_office.hpp>
#include <string>

namespace identity = signaling::identity;

int main() {
  const auto office = std::make_shared<identity::TicketOffice>();
  identity::IdentityOptions options;
  options.authenticators = {office};
  signaling::RouterOptions router_options;
  router_options.policy = std::make_shared<identity::IdentityPolicy>(std::move(options));
  const signaling::Router router(std::move(router_options));

  identity::Pass pass;
  pass.subject = "ada";
  pass.grants.allow("lobby", {});
  const std::optional<std::string> ticket = office->issue(pass);
  const bool guessed = office->redeem("guess").admitted();
  const identity::Verdict verdict = office->redeem(ticket.value_or(""));
  const bool admitted = verdict.admitted() && verdict.pass().grants.may_join("lobby");
  const std::string keys = R"({"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]})";
  const identity::JwtAuthenticator jwt(identity::KeySet::from_jwks(keys));
  return admitted && !guessed && jwt.verify("guess").refusal() == "malformed" ? 0 : 1;
}
