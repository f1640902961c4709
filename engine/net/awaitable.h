// The coroutine type of the engine: an asio awaitable that runs on one io_context, without the
// type-erased executor (any_io_executor) that asio uses by default and that costs an indirect call
// at each step.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace junctor::net {

using Executor = boost::asio::io_context::executor_type;

// What every coroutine of the engine returns. Coroutines of this type can only co_await each other
// and asio operations whose token is use_awaitable_t<Executor>.
template <typename T>
using Awaitable = boost::asio::awaitable<T, Executor>;

}  // namespace junctor::net
