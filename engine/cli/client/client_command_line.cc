#include "engine/cli/client/client_command_line.h"

#include <string>
#include <utility>

#include "engine/cli/client/client_commands.h"
#include "engine/cli/client/route_commands.h"

namespace junctor::engine {

struct ClientCommandLine::Commands {
  Commands(CLI::App* application, const Console& streams, EnvironmentLookup variables,
           Choose chosen)
      : app(application),
        console(streams),
        environment(std::move(variables)),
        choose(std::move(chosen)) {
    AddLogin();
    AddRoutes();
    AddGateways();
    AddProviders();
    AddKeys();
    AddLimits();
    AddToken();
    AddAudit();
  }

  using Action = std::function<int(ClientSession&)>;

  // A command that needs no server, or looks for it itself.
  CLI::App* AddPlain(CLI::App* parent, const char* name, const char* what, const char* examples,
                     std::function<int()> action) {
    CLI::App* command = parent->add_subcommand(name, what);
    command->footer(std::string("Examples:\n") + examples);
    command->callback([this, action] { choose(action); });
    return command;
  }

  // A command that calls the admin API.
  CLI::App* Add(CLI::App* parent, const char* name, const char* what, const char* examples,
                Action action) {
    CLI::App* command = AddPlain(parent, name, what, examples, [this, action] {
      absl::StatusOr<ClientSession> session = ClientSession::Open(client, environment, console);
      if (!session.ok()) {
        PrintError(console, std::string(session.status().message()));
        return int{kExitFailure};
      }
      return action(*session);
    });
    AddText(command, "--url", &client.url, "URL",
            "The admin API (default JUNCTOR_URL, the login's, or http://127.0.0.1:8788)");
    AddText(command, "--token-env", &client.token_env, "VARIABLE",
            "Holds the token (default JUNCTOR_TOKEN, or the login's)");
    AddText(command, "--account", &client.account, "NAME",
            "The account in the API's paths (default the login's, or `default`)");
    AddText(command, "-g,--gateway", &client.gateway, "NAME",
            "The gateway that is meant (default the login's, or `default`)");
    AddText(command, "--ca-file", &client.ca_file, "FILE",
            "Certificates to trust for https, as PEM (default the login's, or the system's)");
    command->add_flag("--json", client.json, "Print what the API answers");
    return command;
  }

  CLI::App* AddGroup(const char* name, const char* what, const char* examples) {
    CLI::App* group = app->add_subcommand(name, what);
    group->require_subcommand(1);
    group->footer(std::string("Examples:\n") + examples);
    return group;
  }

  static CLI::Option* AddText(CLI::App* command, const char* name, std::string* target,
                              const char* type, const char* what) {
    return command->add_option(name, *target, what)->type_name(type);
  }
  static void AddName(CLI::App* command, const char* name, std::string* target, const char* type,
                      const char* what) {
    AddText(command, name, target, type, what)->required();
  }
  void AddYes(CLI::App* command) { command->add_flag("-y,--yes", yes, "Do not ask"); }
  static void AddSettings(CLI::App* command, std::vector<std::string>* target, bool required) {
    command->add_option("settings", *target, "Fields of the API; values are JSON, or else text")
        ->type_name("FIELD=VALUE")
        ->required(required);
  }

  void AddLogin();
  void AddRoutes();
  void AddRouteVersions(CLI::App* routes);
  void AddGateways();
  void AddProviders();
  void AddKeys();
  void AddLimits();
  void AddToken();
  void AddAudit();

  CLI::App* app;
  const Console& console;
  EnvironmentLookup environment;
  Choose choose;

  ClientOptions client;
  LoginOptions login;
  PushOptions push;
  RouteShowOptions route_show;
  RouteDeployOptions deploy;
  RouteRollbackOptions rollback;
  RouteDeploymentsOptions deployments;
  RouteDiffOptions diff;
  std::vector<std::string> files;
  SettingsOptions settings;
  ProviderCreateOptions provider;
  KeyOptions key;
  LimitsListOptions limits_list;
  LimitKeyOptions limit_key;
  TokenCreateOptions token;
  AuditOptions audit;
  std::string subject;  // what a command shows or deletes
  bool yes = false;
};

void ClientCommandLine::Commands::AddLogin() {
  CLI::App* command = AddPlain(app, "login", "Keep a server and a token for the commands below",
                               "  junctor login\n"
                               "  junctor login --url https://gateway.example --gateway prod\n"
                               "  junctor login --token-stdin < token.txt\n"
                               "\n"
                               "The token is tried, and kept in "
                               "$XDG_CONFIG_HOME/junctor/login.json (or below ~/.config), which "
                               "only you can read.\n"
                               "JUNCTOR_URL and JUNCTOR_TOKEN count before it, and options before "
                               "those.",
                               [this] { return RunLogin(login, environment, console); });
  AddText(command, "--url", &login.url, "URL", "The admin API (default http://127.0.0.1:8788)");
  AddText(command, "--account", &login.account, "NAME", "The account (default `default`)");
  AddText(command, "-g,--gateway", &login.gateway, "NAME", "The gateway that commands mean");
  AddText(command, "--ca-file", &login.ca_file, "FILE", "Certificates to trust for https, as PEM");
  command->add_flag("--token-stdin", login.token_on_input, "Read the token from standard input");
  AddPlain(app, "logout", "Forget the server and the token", "  junctor logout",
           [this] { return RunLogout(environment, console); });
}

void ClientCommandLine::Commands::AddRoutes() {
  CLI::App* routes =
      AddGroup("routes", "Routes of a running gateway: show, push, deploy, roll back",
               "  junctor routes list\n"
               "  junctor routes push routes/ --dry-run\n"
               "  junctor routes rollback support");
  Add(routes, "list", "List the gateway's routes",
      "  junctor routes list\n"
      "  junctor routes list -g prod --json",
      [](ClientSession& session) { return RunRoutesList(session); });

  CLI::App* show =
      Add(routes, "show", "Show a route and its elements",
          "  junctor routes show support\n"
          "  junctor routes show support --version 3 --source > support.json",
          [this](ClientSession& session) { return RunRoutesShow(session, route_show); });
  AddName(show, "route", &route_show.route, "ROUTE", "The route's name or id");
  AddText(show, "--version", &route_show.version, "N", "Of this version (default the live one)");
  show->add_flag("--source", route_show.source, "Print the route document, as a file has it");

  CLI::App* push_command =
      Add(routes, "push", "Make the gateway's routes what files say",
          "  junctor routes push routes/ --dry-run\n"
          "  junctor routes push routes/ --comment \"$(git rev-parse --short HEAD)\"\n"
          "  junctor routes push support.jsonc tiers.json --no-deploy\n"
          "  junctor routes push routes/ --delete --yes\n"
          "\n"
          "Nothing is changed where a file has errors. A route whose elements are what is live, "
          "whatever their\n"
          "spelling, gets no new version: a second push does nothing. A new route serves at once.",
          [this](ClientSession& session) { return RunRoutesPush(session, push); });
  push_command
      ->add_option("files", push.files, "Route files, folders of them, or - for standard input")
      ->required()
      ->type_name("FILE");
  push_command->add_flag("--dry-run", push.dry_run, "Show the plan, change nothing");
  push_command->add_flag("--delete", push.delete_others, "Delete routes that no file has");
  push_command->add_flag("--no-deploy", push.no_deploy, "Make versions without deploying them");
  AddText(push_command, "--comment", &push.comment, "TEXT", "Comment of the new versions");
  push_command->add_flag("-y,--yes", push.yes, "Do not ask before deleting");

  CLI::App* validate = Add(routes, "validate", "Let the gateway compile files; nothing is stored",
                           "  junctor routes validate routes/", [this](ClientSession& session) {
                             return RunRoutesValidate(session, files);
                           });
  validate->add_option("files", files, "Route files, folders of them, or - for standard input")
      ->required()
      ->type_name("FILE");

  CLI::App* remove = Add(
      routes, "delete", "Delete a route with all its versions", "  junctor routes delete support",
      [this](ClientSession& session) { return RunRoutesDelete(session, subject, yes); });
  AddName(remove, "route", &subject, "ROUTE", "The route's name or id");
  AddYes(remove);
  AddRouteVersions(routes);
}

void ClientCommandLine::Commands::AddRouteVersions(CLI::App* routes) {
  CLI::App* versions = Add(routes, "versions", "List a route's versions, newest first",
                           "  junctor routes versions support", [this](ClientSession& session) {
                             return RunRoutesVersions(session, subject);
                           });
  AddName(versions, "route", &subject, "ROUTE", "The route's name or id");

  CLI::App* diff_command =
      Add(routes, "diff", "Show what differs between two versions, or a file and what is live",
          "  junctor routes diff support                    the live version and the newest\n"
          "  junctor routes diff support --from 3 --to 5\n"
          "  junctor routes diff routes/support.jsonc       what is live and the file",
          [this](ClientSession& session) { return RunRoutesDiff(session, diff); });
  AddName(diff_command, "route", &diff.what, "ROUTE|FILE", "A route, or a route file");
  AddText(diff_command, "--from", &diff.from, "N", "Version (default the live one)");
  AddText(diff_command, "--to", &diff.to, "N", "Version (default the newest one)");

  CLI::App* deploy_command =
      Add(routes, "deploy", "Make a version serve",
          "  junctor routes deploy support --version 4\n"
          "  junctor routes deploy support --version 4 --percentage 5 --key metadata.user_id\n"
          "  junctor routes deploy support --version 4 --shadow",
          [this](ClientSession& session) { return RunRoutesDeploy(session, deploy); });
  AddName(deploy_command, "route", &deploy.route, "ROUTE", "The route's name or id");
  AddName(deploy_command, "--version", &deploy.version, "N", "The version's number or id");
  CLI::Option* percentage =
      AddText(deploy_command, "--percentage", &deploy.percentage, "P",
              "For this share of the requests alone, beside the live version");
  AddText(deploy_command, "--key", &deploy.key, "FIELD",
          "With --percentage: requests of one value stay on one version")
      ->needs(percentage);
  deploy_command
      ->add_flag("--shadow", deploy.shadow,
                 "Decide for every request, call nothing, and count where it decides otherwise")
      ->excludes(percentage);

  CLI::App* rollback_command =
      Add(routes, "rollback", "Make an earlier version serve again",
          "  junctor routes rollback support\n"
          "  junctor routes rollback support --to 2",
          [this](ClientSession& session) { return RunRoutesRollback(session, rollback); });
  AddName(rollback_command, "route", &rollback.route, "ROUTE", "The route's name or id");
  AddText(rollback_command, "--to", &rollback.to, "N", "Version (default the one before the live)");

  CLI::App* deployments_command =
      Add(routes, "deployments", "List a route's deployments, or end one beside the live one",
          "  junctor routes deployments support\n"
          "  junctor routes deployments support --end gradual",
          [this](ClientSession& session) { return RunRoutesDeployments(session, deployments); });
  AddName(deployments_command, "route", &deployments.route, "ROUTE", "The route's name or id");
  AddText(deployments_command, "--end", &deployments.end, "gradual|shadow",
          "End this deployment; the live version serves alone")
      ->check(CLI::IsMember({"gradual", "shadow"}));

  CLI::App* differences =
      Add(routes, "differences", "Show where a shadow deployment decided otherwise",
          "  junctor routes differences support",
          [this](ClientSession& session) { return RunRoutesDifferences(session, subject); });
  AddName(differences, "route", &subject, "ROUTE", "The route's name or id");
}

void ClientCommandLine::Commands::AddGateways() {
  CLI::App* gateways = AddGroup("gateways", "Gateways and their settings",
                                "  junctor gateways create prod authentication=true\n"
                                "  junctor gateways set prod rate_limiting_limit=100 "
                                "rate_limiting_interval=60");
  Add(gateways, "list", "List gateways", "  junctor gateways list",
      [](ClientSession& session) { return RunGatewaysList(session); });
  CLI::App* show =
      Add(gateways, "show", "Show a gateway's settings", "  junctor gateways show prod",
          [this](ClientSession& session) { return RunGatewaysShow(session, subject); });
  AddName(show, "gateway", &subject, "GATEWAY", "The gateway");
  CLI::App* create =
      Add(gateways, "create", "Make a gateway",
          "  junctor gateways create prod\n"
          "  junctor gateways create open authentication=false collect_logs=false\n"
          "\n"
          "Where nothing else is said: authentication and logs on, cache and rate limit off.",
          [this](ClientSession& session) { return RunGatewaysCreate(session, settings); });
  AddName(create, "gateway", &settings.name, "GATEWAY", "Its name");
  AddSettings(create, &settings.settings, false);
  CLI::App* set =
      Add(gateways, "set", "Change a gateway's settings",
          "  junctor gateways set prod rate_limiting_limit=100 rate_limiting_interval=60\n"
          "  junctor gateways set prod retry_max_attempts=3 retry_backoff=exponential "
          "retry_delay=200\n"
          "  junctor gateways set prod retry_max_attempts=null",
          [this](ClientSession& session) { return RunGatewaysSet(session, settings); });
  AddName(set, "gateway", &settings.name, "GATEWAY", "The gateway");
  AddSettings(set, &settings.settings, true);
  CLI::App* remove = Add(gateways, "delete", "Delete a gateway with its routes, keys and logs",
                         "  junctor gateways delete old", [this](ClientSession& session) {
                           return RunGatewaysDelete(session, subject, yes);
                         });
  AddName(remove, "gateway", &subject, "GATEWAY", "The gateway");
  AddYes(remove);
}

void ClientCommandLine::Commands::AddProviders() {
  CLI::App* providers = AddGroup("providers", "Custom providers",
                                 "  junctor providers create acme --base-url "
                                 "https://llm.acme.example/v1");
  Add(providers, "list", "List custom providers", "  junctor providers list",
      [](ClientSession& session) { return RunProvidersList(session); });
  CLI::App* show =
      Add(providers, "show", "Show a custom provider", "  junctor providers show acme",
          [this](ClientSession& session) { return RunProvidersShow(session, subject); });
  AddName(show, "provider", &subject, "PROVIDER", "Its slug or id");
  CLI::App* create =
      Add(providers, "create", "Make a custom provider",
          "  junctor providers create acme --base-url https://llm.acme.example/v1\n"
          "  junctor providers create acme --base-url https://llm.acme.example/v1 "
          "'headers=\"{\\\"x-team\\\":\\\"a\\\"}\"'\n"
          "\n"
          "Requests call it `custom-acme`: as a model's provider, or in a path.",
          [this](ClientSession& session) { return RunProvidersCreate(session, provider); });
  AddName(create, "slug", &provider.slug, "SLUG", "Letters, digits and hyphens");
  AddName(create, "--base-url", &provider.base_url, "URL", "Where it is; https");
  AddText(create, "--name", &provider.name, "TEXT", "For people (default the slug)");
  create->add_flag("--disabled", provider.disabled, "Do not serve it yet");
  AddSettings(create, &provider.settings, false);
  CLI::App* set =
      Add(providers, "set", "Change a custom provider",
          "  junctor providers set acme base_url=https://new.acme.example/v1\n"
          "  junctor providers set acme enable=false",
          [this](ClientSession& session) { return RunProvidersSet(session, settings); });
  AddName(set, "provider", &settings.name, "PROVIDER", "Its slug or id");
  AddSettings(set, &settings.settings, true);
  CLI::App* remove =
      Add(providers, "delete", "Delete a custom provider", "  junctor providers delete acme",
          [this](ClientSession& session) { return RunProvidersDelete(session, subject, yes); });
  AddName(remove, "provider", &subject, "PROVIDER", "Its slug or id");
  AddYes(remove);
}

void ClientCommandLine::Commands::AddKeys() {
  CLI::App* keys = AddGroup("keys", "Providers' keys that the gateway keeps",
                            "  junctor keys add openai --key-env OPENAI_API_KEY\n"
                            "  junctor keys list");
  const auto add_key_source = [this](CLI::App* command) {
    CLI::Option* variable = AddText(command, "--key-env", &key.key_env, "VARIABLE",
                                    "Holds the key; keys are never given as arguments");
    command->add_flag("--key-stdin", key.key_on_input, "Read the key from standard input")
        ->excludes(variable);
  };
  const auto add_alias = [this](CLI::App* command) {
    AddText(command, "--alias", &key.alias, "NAME",
            "Which of the provider's keys (default `default`)");
  };
  Add(keys, "list", "List stored keys, masked", "  junctor keys list -g prod",
      [](ClientSession& session) { return RunKeysList(session); });
  CLI::App* add = Add(keys, "add", "Store a provider's key",
                      "  junctor keys add openai --key-env OPENAI_API_KEY\n"
                      "  junctor keys add openai --alias team-b --key-stdin < key.txt\n"
                      "\n"
                      "A person at a terminal is asked for the key.",
                      [this](ClientSession& session) { return RunKeysAdd(session, key); });
  AddName(add, "provider", &key.provider, "PROVIDER", "The provider's slug");
  add_alias(add);
  add_key_source(add);
  add->add_flag("--default", key.make_default, "Used where a request names no alias");
  CLI::App* set = Add(keys, "set", "Replace a stored key, or change its alias",
                      "  junctor keys set openai --key-env NEW_OPENAI_KEY\n"
                      "  junctor keys set openai --alias team-b --default",
                      [this](ClientSession& session) { return RunKeysSet(session, key); });
  AddName(set, "provider", &key.provider, "PROVIDER|ID", "The provider's slug, or the key's id");
  add_alias(set);
  add_key_source(set);
  AddText(set, "--new-alias", &key.new_alias, "NAME", "The alias that it gets");
  set->add_flag("--default", key.make_default, "Used where a request names no alias");
  CLI::App* remove =
      Add(keys, "delete", "Delete a stored key", "  junctor keys delete openai --alias team-b",
          [this](ClientSession& session) { return RunKeysDelete(session, key, yes); });
  AddName(remove, "provider", &key.provider, "PROVIDER|ID", "The provider's slug, or the key's id");
  add_alias(remove);
  AddYes(remove);
}

void ClientCommandLine::Commands::AddToken() {
  CLI::App* tokens = AddGroup("token", "Tokens for the admin API and for requests",
                              "  junctor token create --permissions run --gateway prod\n"
                              "  junctor token list");
  CLI::App* create =
      Add(tokens, "create", "Make a token; it is shown once, alone on standard output",
          "  junctor token create --permissions read,edit --name ci --expires 30d\n"
          "  TOKEN=$(junctor token create --permissions run --gateway prod)\n"
          "\n"
          "read: look at the configuration; edit: change it; run: send requests. With --gateway it "
          "is good for that\n"
          "gateway alone. The first token of all is printed by the first `junctor serve`.",
          [this](ClientSession& session) {
            token.gateway = client.gateway;  // The login's gateway does not bind a token.
            return RunTokenCreate(session, token);
          });
  AddName(create, "--permissions", &token.permissions, "read,edit,run", "What it allows");
  AddText(create, "--name", &token.name, "TEXT", "What lists and the audit log call it");
  AddText(create, "--expires", &token.expires, "TIME",
          "30d, 12h, or an RFC 3339 time (default never)");
  Add(tokens, "list", "List tokens, masked", "  junctor token list",
      [](ClientSession& session) { return RunTokenList(session); });
  CLI::App* revoke =
      Add(tokens, "revoke", "Make a token worthless at once", "  junctor token revoke ci",
          [this](ClientSession& session) { return RunTokenRevoke(session, subject, yes); });
  AddName(revoke, "token", &subject, "NAME|ID", "The token's name or id");
  AddYes(revoke);
}

void ClientCommandLine::Commands::AddLimits() {
  CLI::App* limits = AddGroup("limits", "What limits have counted: look, reset, grant",
                              "  junctor limits list support\n"
                              "  junctor limits grant support per-user u-17 50");
  CLI::App* list =
      Add(limits, "list", "List the windows of a route's limits, or of the gateway's own",
          "  junctor limits list support\n"
          "  junctor limits list support --element per-user --key u-17\n"
          "  junctor limits list support --json | junctor explain support.json --limits -\n"
          "  junctor limits list                            the gateway's rate and spend limits",
          [this](ClientSession& session) { return RunLimitsList(session, limits_list); });
  AddText(list, "route", &limits_list.route, "ROUTE", "The route's name or id");
  AddText(list, "--element", &limits_list.element, "ID", "Of this limit alone");
  AddText(list, "--key", &limits_list.key, "KEY", "Of this key alone");
  list->add_option("--limit", limits_list.limit, "Most rows (default 0: all)")->type_name("N");

  const auto add_key = [this](CLI::App* command) {
    AddName(command, "route", &limit_key.route, "ROUTE",
            "The route's name or id; - for the gateway's own limits");
    AddName(command, "element", &limit_key.element, "ELEMENT", "The limit's id");
    AddName(command, "key", &limit_key.key, "KEY",
            "The key's one part, or a JSON array of its parts; [] for a limit without a key");
    command->add_flag("--key-id", limit_key.is_id, "KEY is a `key_id`, as `list --json` gives it");
  };
  add_key(Add(limits, "reset", "Forget what a key has spent, and what it was granted",
              "  junctor limits reset support per-user u-17\n"
              "  junctor limits reset support per-team '[\"acme\", 7]'\n"
              "  junctor limits reset - rate []",
              [this](ClientSession& session) { return RunLimitsReset(session, limit_key); }));
  CLI::App* grant =
      Add(limits, "grant", "Let a key spend so much more before its window ends",
          "  junctor limits grant support per-user u-17 50        requests\n"
          "  junctor limits grant support budget u-17 2.50        dollars, of a limit of costs",
          [this](ClientSession& session) { return RunLimitsGrant(session, limit_key); });
  add_key(grant);
  AddName(grant, "amount", &limit_key.amount, "AMOUNT", "Requests, or US dollars");
}

void ClientCommandLine::Commands::AddAudit() {
  CLI::App* command = Add(app, "audit", "Show who changed what, newest first",
                          "  junctor audit --since 24h\n"
                          "  junctor audit --gateway prod --actor ci --limit 200 --json",
                          [this](ClientSession& session) {
                            audit.gateway =
                                client.gateway;  // Changes of every gateway, unless one is named.
                            return RunAudit(session, audit);
                          });
  AddText(command, "--since", &audit.since, "TIME", "A span such as 24h, or an RFC 3339 time");
  AddText(command, "--before", &audit.before, "TIME", "Likewise");
  AddText(command, "--actor", &audit.actor, "NAME", "Changes made with this token");
  AddText(command, "--action", &audit.action, "TYPE", "create, update, delete, deploy, ...");
  AddText(command, "--resource", &audit.resource, "TYPE", "ai_gateway.route, ...");
  AddText(command, "--resource-id", &audit.id, "ID", "Changes of this thing");
  command->add_option("--limit", audit.limit, "Most entries (default 50; 0: all)")->type_name("N");
}

ClientCommandLine::ClientCommandLine(CLI::App* app, const Console& console,
                                     EnvironmentLookup environment, Choose choose)
    : commands_(
          std::make_unique<Commands>(app, console, std::move(environment), std::move(choose))) {}
ClientCommandLine::~ClientCommandLine() = default;

}  // namespace junctor::engine
