#include "engine/providers/chat/event_reader.h"

namespace junctor::engine {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

void EventReader::Feed(std::string_view bytes) {
  if (begin_ == window_.size()) {
    ShiftTo(begin_);
    window_ = bytes;
  } else {
    carried_.erase(0, begin_);
    carried_.append(bytes);
    ShiftTo(begin_);
    window_ = carried_;
  }
}

void EventReader::CarryUnfinished() {
  if (begin_ == window_.size() || window_.data() == carried_.data()) return;
  carried_.assign(window_.substr(begin_));
  ShiftTo(begin_);
  window_ = carried_;
}

void EventReader::ShiftTo(size_t begin) {
  line_ -= begin;
  scanned_ -= begin;
  if (name_.size != 0) name_.begin -= begin;
  if (data_.size != 0) data_.begin -= begin;
  begin_ = 0;
}

std::optional<ServerSentEvent> EventReader::Next() {
  if (too_large_) return std::nullopt;
  while (true) {
    if (skip_line_feed_ && line_ < window_.size()) {
      if (window_[line_] == '\n') scanned_ = ++line_;
      skip_line_feed_ = false;
    }
    if (at_start_ && line_ == 0) {
      // Wait until the mark is there in full, or can't be.
      const std::string_view head = window_.substr(0, kByteOrderMark.size());
      if (head == kByteOrderMark) {
        line_ = scanned_ = kByteOrderMark.size();
        at_start_ = false;
      } else if (head == kByteOrderMark.substr(0, head.size()) &&
                 head.size() < kByteOrderMark.size()) {
        CarryUnfinished();
        return std::nullopt;
      }
    }
    const size_t end = window_.find_first_of("\r\n", scanned_);
    if (end == std::string_view::npos) {
      scanned_ = window_.size();
      if (window_.size() - begin_ > kMaxEventBytes) too_large_ = true;
      CarryUnfinished();
      return std::nullopt;
    }
    at_start_ = false;
    const std::string_view line = window_.substr(line_, end - line_);
    size_t next = end + 1;
    if (window_[end] == '\r') {
      if (next < window_.size()) {
        if (window_[next] == '\n') ++next;
      } else {
        skip_line_feed_ = true;
      }
    }
    if (line.empty()) {
      ServerSentEvent event = Dispatch(next);
      line_ = scanned_ = next;
      return event;
    }
    TakeLine(line);
    line_ = scanned_ = next;
  }
}

std::optional<ServerSentEvent> EventReader::Finish() {
  if (too_large_) return std::nullopt;
  if (line_ < window_.size()) {
    TakeLine(window_.substr(line_));
    line_ = scanned_ = window_.size();
  }
  if (begin_ == window_.size()) return std::nullopt;
  return Dispatch(window_.size());
}

void EventReader::TakeLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0) return;  // a comment
  const std::string_view field = line.substr(0, colon);
  std::string_view value;
  if (colon != std::string_view::npos) {
    value = line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  }
  const Range range{static_cast<size_t>(value.empty() ? 0 : value.data() - window_.data()),
                    value.size()};
  if (field == "event") {
    name_ = range;
  } else if (field == "data") {
    if (data_lines_ == 0) {
      data_ = range;
    } else {
      if (data_lines_ == 1) joined_.assign(window_.substr(data_.begin, data_.size));
      joined_.push_back('\n');
      joined_.append(value);
    }
    ++data_lines_;
  }
}

ServerSentEvent EventReader::Dispatch(size_t end) {
  ServerSentEvent event;
  event.raw = window_.substr(begin_, end - begin_);
  event.name = window_.substr(name_.begin, name_.size);
  event.has_data = data_lines_ != 0;
  if (data_lines_ == 1) {
    event.data = window_.substr(data_.begin, data_.size);
  } else if (data_lines_ > 1) {
    event.data = joined_;
  }
  begin_ = end;
  name_ = Range();
  data_ = Range();
  data_lines_ = 0;
  return event;
}

}  // namespace junctor::engine
