#include "engine/admin/route_json.h"

#include "engine/control/route_text.h"
#include "engine/observe/json_text.h"

namespace junctor::engine {

JsonObject RouteObject(const RouteRow& route, const VersionRow& version) {
  JsonObject object;
  object.Text("id", route.id)
      .Text("name", route.name)
      .Text("gateway_id", route.gateway_id)
      .Time("created_at", route.created_ms)
      .Time("modified_at", route.modified_ms)
      .Json("elements", version.elements);
  if (!version.deadline.empty()) object.Json("deadline", version.deadline);
  return object;
}

JsonObject RouteWithLive(const RouteView& view) {
  RouteVersion version;
  version.route = view.route;
  version.version = view.version;
  version.active = true;
  JsonObject object = RouteObject(view.route, view.version);
  object.Json("version", VersionJson(version))
      .Json("deployment", DeploymentObject(view.deployment).Take());
  if (!view.file.empty()) object.Text("file", view.file);
  return object;
}

void AddVersion(const RouteVersion& version, JsonObject* object) {
  object->Text("version_id", version.version.id)
      .Integer("number", version.version.number)
      // Text, as admin clients' types have it.
      .Text("active", version.active ? "true" : "false")
      .Text("data", RouteText(version.route.name, SourceOf(version.version)))
      .Bool("is_valid", version.is_valid)
      .Text("author", version.version.author)
      .Text("comment", version.version.comment)
      .Text("source_hash", version.version.source_hash);
}

std::string VersionJson(const RouteVersion& version) {
  JsonObject object;
  AddVersion(version, &object);
  object.Time("created_at", version.version.created_ms);
  return object.Take();
}

JsonObject DeploymentObject(const DeploymentRow& deployment) {
  JsonObject object;
  object.Text("deployment_id", deployment.id)
      .Text("version_id", deployment.version_id)
      .Time("created_at", deployment.created_ms)
      .Text("kind", DeploymentKindName(deployment.kind));
  if (deployment.kind == DeploymentKind::kGradual) {
    std::string percentage;
    AppendJsonReal(&percentage, static_cast<double>(deployment.share_millionths) / 10'000);
    object.Json("percentage", percentage);
    if (!deployment.key.empty()) object.Text("key", deployment.key);
  }
  if (deployment.ended_ms != 0) object.Time("ended_at", deployment.ended_ms);
  return object;
}

}  // namespace junctor::engine
