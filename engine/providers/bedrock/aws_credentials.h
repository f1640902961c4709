// What signs a request to AWS.
#pragma once

#include <string>

#include "engine/config/secret.h"

namespace junctor::engine {

// An access key, and the region where it is used. Never printed: the secret parts are Secrets.
struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  // empty: a long-lived key
  std::string region;    // "us-east-1"
};

}  // namespace junctor::engine
