#include "engine/directory/directory.h"

#include <openssl/sha.h>

#include <cstring>
#include <utility>

namespace junctor::engine {

TokenHash HashToken(std::string_view token) {
  TokenHash hash;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), hash.data());
  return hash;
}

size_t Directory::HashOfToken::operator()(const TokenHash& hash) const {
  size_t number = 0;
  std::memcpy(&number, hash.data(), sizeof(number));
  return number;
}

void Directory::Add(GatewayView gateway) {
  std::string id = gateway.id;
  gateways_.insert_or_assign(std::move(id), std::move(gateway));
}

void Directory::Add(AccessToken token) {
  const TokenHash hash = token.hash;
  tokens_.insert_or_assign(hash, std::move(token));
}

void Directory::Add(CustomProvider provider) {
  std::string slug = provider.record.slug;
  custom_providers_.insert_or_assign(std::move(slug),
                                     std::make_shared<const CustomProvider>(std::move(provider)));
}

const GatewayView* Directory::FindGateway(std::string_view id) const {
  const auto found = gateways_.find(id);
  return found == gateways_.end() ? nullptr : &found->second;
}

const AccessToken* Directory::FindToken(std::string_view token) const {
  if (token.empty()) return nullptr;
  const auto found = tokens_.find(HashToken(token));
  return found == tokens_.end() ? nullptr : &found->second;
}

const CustomProvider* Directory::FindCustomProvider(std::string_view slug) const {
  const auto found = custom_providers_.find(slug);
  return found == custom_providers_.end() ? nullptr : found->second.get();
}

}  // namespace junctor::engine
