// The commands that work on a running gateway through its admin API: what each is asked, and the
// function that does it. client_command_line.cc fills the options. Every function returns the
// process's exit status. Routes: route_commands.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/cli/client/client_session.h"

namespace junctor::engine {

// login: tries a token, and keeps it with its server.
struct LoginOptions {
  std::string url = "http://127.0.0.1:8788";
  std::string account = "default";
  std::string gateway;  // that later commands mean; may be empty
  std::string ca_file;
  bool token_on_input = false;  // standard input has it, also where that is a terminal
};
int RunLogin(const LoginOptions& options, const EnvironmentLookup& environment,
             const Console& console);
// logout: forgets it.
int RunLogout(const EnvironmentLookup& environment, const Console& console);

// gateways.
int RunGatewaysList(ClientSession& session);
int RunGatewaysShow(ClientSession& session, const std::string& name);
// `settings` are `field=value`, the value being JSON or else text.
struct SettingsOptions {
  std::string name;
  std::vector<std::string> settings;
};
int RunGatewaysCreate(ClientSession& session, const SettingsOptions& options);
int RunGatewaysSet(ClientSession& session, const SettingsOptions& options);
int RunGatewaysDelete(ClientSession& session, const std::string& name, bool yes);

// providers: custom ones. They are named by slug or id.
struct ProviderCreateOptions {
  std::string slug;
  std::string base_url;
  std::string name;                   // empty: the slug
  std::vector<std::string> settings;  // further fields
  bool disabled = false;
};
int RunProvidersList(ClientSession& session);
int RunProvidersShow(ClientSession& session, const std::string& name);
int RunProvidersCreate(ClientSession& session, const ProviderCreateOptions& options);
int RunProvidersSet(ClientSession& session, const SettingsOptions& options);
int RunProvidersDelete(ClientSession& session, const std::string& name, bool yes);

// keys: providers' keys that the gateway keeps. The key itself comes from a variable, from standard
// input, or from a person at a terminal; never from an argument, where other processes see it.
struct KeyOptions {
  std::string provider;  // slug, or a stored key's id
  std::string alias = "default";
  std::string key_env;
  bool key_on_input = false;
  bool make_default = false;
  std::string new_alias;  // set: the alias that it gets
};
int RunKeysList(ClientSession& session);
int RunKeysAdd(ClientSession& session, const KeyOptions& options);
int RunKeysSet(ClientSession& session, const KeyOptions& options);
int RunKeysDelete(ClientSession& session, const KeyOptions& options, bool yes);

// token: who may call.
struct TokenCreateOptions {
  std::string permissions;  // "read,edit,run"
  std::string gateway;      // empty: every gateway
  std::string name;
  std::string expires;  // "30d", "12h", or a time
};
int RunTokenCreate(ClientSession& session, const TokenCreateOptions& options);
int RunTokenList(ClientSession& session);
int RunTokenRevoke(ClientSession& session, const std::string& name, bool yes);

// limits: what a route's limits have counted; where the route is empty or "-", the gateway's own.
struct LimitsListOptions {
  std::string route;
  std::string element;  // empty: of all
  std::string key;      // as in LimitKeyOptions; empty: all
  size_t limit = 0;     // most rows; 0: all
};
int RunLimitsList(ClientSession& session, const LimitsListOptions& options);
struct LimitKeyOptions {
  std::string route;
  std::string element;
  std::string key;     // a JSON array of the key's parts, or its one part
  bool is_id = false;  // `key` is a `key_id`
  std::string amount;  // grant: requests, or US dollars
};
int RunLimitsReset(ClientSession& session, const LimitKeyOptions& options);
int RunLimitsGrant(ClientSession& session, const LimitKeyOptions& options);

// audit: who changed what.
struct AuditOptions {
  std::string since;   // "24h", or a time
  std::string before;  // likewise
  std::string actor;   // a token's name
  std::string action;
  std::string resource;
  std::string id;
  std::string gateway;
  size_t limit = 50;
};
int RunAudit(ClientSession& session, const AuditOptions& options);

}  // namespace junctor::engine
