#include "compiler/graph/topological_order.h"

#include <gtest/gtest.h>

#include "tests/unit/compiler/graph/graph_builder.h"

namespace junctor::compiler {
namespace {

using testing::Exists;
using testing::GraphBuilder;
using testing::Numbered;

std::vector<std::string> Ids(const FlowGraph& graph, const std::vector<NodeId>& nodes) {
  std::vector<std::string> ids;
  for (NodeId node : nodes) ids.push_back(graph.elements[graph.nodes[node].element].id);
  return ids;
}

using Names = std::vector<std::string>;

TEST(TopologicalOrderTest, TheFirstOutputFollowsItsNode) {
  const FlowGraph graph = GraphBuilder()
                              .Start("start", "a")
                              .Branch("a", Exists("body.x"), "hot", "cold")
                              .Call("cold", "end")
                              .End()
                              .Call("hot", "end")
                              .Build();
  EXPECT_EQ(Ids(graph, TopologicalOrder(graph)), (Names{"start", "a", "hot", "cold", "end"}));
}

TEST(TopologicalOrderTest, ANodeComesAfterAllThatLeadToIt) {
  const FlowGraph graph = GraphBuilder()
                              .Start("start", "a")
                              .Branch("a", Exists("body.x"), "c", "b")
                              .Call("b", "c")
                              .Call("c", "end")
                              .End()
                              .Build();
  EXPECT_EQ(Ids(graph, TopologicalOrder(graph)), (Names{"start", "a", "b", "c", "end"}));
}

TEST(TopologicalOrderTest, NodesThatNothingReachesAreLeftOut) {
  const FlowGraph graph = GraphBuilder().Start("start", "end").Call("lost", "end").End().Build();
  EXPECT_EQ(Ids(graph, TopologicalOrder(graph)), (Names{"start", "end"}));
}

TEST(TopologicalOrderTest, AChainOf100000NodesNeedsNoDeepStack) {
  GraphBuilder builder;
  builder.Start("start", "n0");
  for (int i = 0; i < 100'000; ++i) {
    builder.Call(Numbered("n", i), i == 99'999 ? "end" : Numbered("n", i + 1));
  }
  builder.End();
  const FlowGraph graph = builder.Build();
  EXPECT_EQ(TopologicalOrder(graph).size(), 100'002u);
}

}  // namespace
}  // namespace junctor::compiler
