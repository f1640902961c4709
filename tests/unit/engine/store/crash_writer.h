// One change of the crash test: rows of several tables, of which a half would show.
#pragma once

#include <string>

#include "tests/unit/engine/store/store_fixture.h"

namespace junctor::engine {

inline absl::Status WriteNumbered(ControlTransaction& transaction, int number) {
  const std::string id = "g" + std::to_string(number);
  AuditRow audit;
  audit.id = id;
  RETURN_IF_ERROR(transaction.InsertGateway(GatewayOf(id)));
  RETURN_IF_ERROR(InsertServing(transaction, id, "r" + std::to_string(number)));
  RETURN_IF_ERROR(transaction.InsertAudit(audit));
  return transaction.NoteChange(ChangeKind::kGateway, id);
}

// How many changes are there; fails the test where one is not whole or a number is missing.
inline int CheckNumbered(ControlStore& store) {
  int there = 0;
  const absl::Status status = store.Read([&](ControlTransaction& t) {
    there = static_cast<int>(*t.LastChange());
    EXPECT_EQ(t.AllGateways()->size(), static_cast<size_t>(there));
    EXPECT_EQ(t.ListAudit({}, {})->total, there);
    for (int number = 1; number <= there; ++number) {
      const auto serving = t.FindServingRoute("r" + std::to_string(number));
      EXPECT_TRUE(serving.ok() && serving->has_value()) << number;
      if (!serving.ok() || !serving->has_value()) break;
      EXPECT_TRUE((*serving)->live_deployment.has_value()) << number;
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return there;
}

}  // namespace junctor::engine
