#include "engine/net/cancel.h"

namespace junctor::net {

CancelSignal::~CancelSignal() {
  DetachAll();
  if (destroyed_ != nullptr) *destroyed_ = true;
}

void CancelSignal::DetachAll() {
  while (head_ != nullptr) head_->Detach();
}

void CancelSignal::Cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  bool destroyed = false;
  destroyed_ = &destroyed;
  while (head_ != nullptr) {
    CancelHook& hook = *head_;
    hook.Detach();
    // A copy, since the callback may destroy its hook.
    const std::function<void()> callback = hook.callback_;
    if (callback) callback();
    if (destroyed) return;
  }
  destroyed_ = nullptr;
}

void CancelSignal::Reset() {
  DetachAll();
  cancelled_ = false;
}

void CancelHook::Attach(CancelSignal* signal) {
  Detach();
  if (signal == nullptr) return;
  if (signal->cancelled_) {
    const std::function<void()> callback = callback_;
    if (callback) callback();
    return;
  }
  signal_ = signal;
  next_ = signal->head_;
  if (next_ != nullptr) next_->previous_ = this;
  signal->head_ = this;
}

void CancelHook::Detach() {
  if (signal_ == nullptr) return;
  (previous_ != nullptr ? previous_->next_ : signal_->head_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  signal_ = nullptr;
  previous_ = nullptr;
  next_ = nullptr;
}

}  // namespace junctor::net
