// libFuzzer makes files from bytes, from scratch or by damaging a real slot's file and correcting its
// checksums: opening one as a slot gives an answer or an error, and what a writer that takes it over
// publishes is read.
//
//   cmake --preset fuzz && cmake --build --preset fuzz && build/fuzz/tests/fuzz/fuzz_slot_file

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/shared_slot.hpp>
#include <einet/posix/stored_records.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace einet;
using detail::SlotLayout;
using Record = detail::SealedRecord<Answer>;
using File = std::vector<std::uint8_t>;

/// After the end it reads zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return rest_; }
  unsigned below(unsigned limit) { return next() % limit; }
  std::uint64_t word() {
    std::uint64_t all = 0;
    for (int k = 0; k < 8; ++k) all = all << 8 | next();
    return all;
  }

 private:
  unsigned next() {
    if (rest_.empty()) return 0;
    const unsigned first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> rest_;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "slot file: %s\n", what);
  std::abort();
}

void require(bool sound, const char* what) {
  if (!sound) fail(what);
}

const std::string& path() {
  static const std::string here = [] {
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    const auto folder =
        in_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    return (folder / ("einet-fuzz-slot-" + std::to_string(getpid()))).string();
  }();
  return here;
}

void put(const File& file) {
  const int descriptor = open(path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const ssize_t written = write(descriptor, file.data(), file.size());
  require(written == static_cast<ssize_t>(file.size()), "cannot be put on the disk");
  close(descriptor);
}

File get() {
  File file(std::filesystem::file_size(path()));
  const int descriptor = open(path().c_str(), O_RDONLY | O_CLOEXEC);
  require(read(descriptor, file.data(), file.size()) == static_cast<ssize_t>(file.size()), "cannot be read");
  close(descriptor);
  return file;
}

template <class Slot>
auto open_slot() {
  if constexpr (std::is_same_v<Slot, DurableSlot<Answer>>)
    return std::make_unique<Slot>(path());
  else
    return std::unique_ptr<Slot>(new Slot(Slot::in_file(path())));
}

template <class Slot>
constexpr SlotLayout layout = detail::slot_layout<Answer>(std::is_same_v<Slot, DurableSlot<Answer>>
                                                              ? detail::disk_block
                                                              : detail::cache_line);

/// A slot as its writer leaves it in the third run.
template <class Slot>
const File& real_slot() {
  static const File made = [] {
    {
      const auto slot = open_slot<Slot>();
      for (std::int32_t run = 0; run < 3; ++run) {
        slot->begin_run();
        slot->publish(Answer{run, 0.5f}, 1);
      }
    }
    File file = get();
    unlink(path().c_str());
    return file;
  }();
  return made;
}

/// Changes words of the header and the records, corrects some of the checksums, cuts or lengthens the file.
template <class Slot>
File spoilt(Bytes& bytes) {
  File file = real_slot<Slot>();
  const SlotLayout& whole = layout<Slot>;
  const auto at = [&](std::uint64_t part, std::size_t word) {
    const std::uint64_t begin = part == 0 ? 0 : whole.record(static_cast<std::size_t>(part - 1));
    return file.data() + begin + word * sizeof(std::uint64_t);
  };
  const unsigned seals = bytes.below(8), length = bytes.below(8);
  for (unsigned edits = bytes.below(8); edits > 0; --edits) {
    const unsigned part = bytes.below(3);
    std::uint8_t* const word = at(part, bytes.below(part == 0 ? 8 : Record::size));
    std::uint64_t value = 0;
    std::memcpy(&value, word, sizeof(value));
    switch (bytes.below(4)) {
      case 0:
        value = bytes.below(256);
        break;
      case 1:
        value += bytes.below(256) - std::uint64_t{128};
        break;
      case 2:
        value = (std::uint64_t{bytes.below(2)} << 63) - bytes.below(8);
        break;
      default:
        value = bytes.word();
    }
    std::memcpy(word, &value, sizeof(value));
  }
  if ((seals & 1U) != 0) {
    SlotLayout::Header header;
    std::memcpy(header.data(), at(0, 0), sizeof(header));
    header.back() = SlotLayout::sum(header);
    std::memcpy(at(0, 0), header.data(), sizeof(header));
  }
  for (unsigned part = 1; part <= 2; ++part)
    if ((seals & 1U << part) != 0) {
      Record::Words words;
      std::memcpy(words.data(), at(part, 0), sizeof(words));
      Record::seal(words);
      std::memcpy(at(part, 0), words.data(), sizeof(words));
    }
  if (length == 0) file.resize(bytes.word() % (file.size() + 100));
  return file;
}

/// The contents of a file of this layout by the description of the format, read without the library's
/// readers.
template <class Slot>
std::optional<SlotSnapshot<Answer>> held_by(const File& file) {
  std::optional<SlotSnapshot<Answer>> newest;
  for (std::size_t which = 0; which < 2; ++which) {
    Record::Words words;
    std::memcpy(words.data(), file.data() + layout<Slot>.record(which), sizeof(words));
    const std::uint64_t sum = detail::checksum(std::span<const std::uint64_t>(words).subspan(2), words[0]);
    if (words[0] % 2 != 0 || words[1] != sum) continue;
    // Numbers wrap around; of two that are half the range apart, which no writer leaves, the first one stays.
    constexpr std::uint64_t half = std::uint64_t{1} << 63U;
    if (newest && words[0] - newest->sequence - 1 >= half - 1) continue;
    newest = SlotSnapshot<Answer>{words[2], words[0], std::nullopt, words[3]};
    if (words[4] != 0) {
      Answer answer;
      std::memcpy(static_cast<void*>(&answer), &words[5], sizeof(answer));
      newest->newest = {answer, static_cast<std::size_t>(words[4] - 1)};
    }
  }
  return newest;
}

/// By bytes, as a confidence may be NaN.
bool same(const std::optional<SlotSnapshot<Answer>>& one, const std::optional<SlotSnapshot<Answer>>& other) {
  if (one.has_value() != other.has_value()) return false;
  if (!one) return true;
  if (one->run != other->run || one->sequence != other->sequence || one->answer_run != other->answer_run ||
      one->newest.has_value() != other->newest.has_value())
    return false;
  return !one->newest || (one->newest->exit == other->newest->exit &&
                          std::memcmp(&one->newest->output, &other->newest->output, sizeof(Answer)) == 0);
}

/// What `open` returns, or nothing if it refuses.
template <class Open>
auto unless_refused(Open open) -> std::optional<decltype(open())> {
  try {
    return open();
  } catch (const SlotError&) {
    return std::nullopt;
  }
}

template <class Slot>
void check(const File& file, bool begin_first, Answer next) {
  constexpr bool shared = !std::is_same_v<Slot, DurableSlot<Answer>>;
  put(file);
  const SlotLayout::Header header = layout<Slot>.header();
  const bool accepted =
      file.size() == layout<Slot>.size() && std::memcmp(file.data(), header.data(), sizeof(header)) == 0;
  std::optional<SlotSnapshot<Answer>> expected;
  if (accepted) expected = held_by<Slot>(file);

  const auto stored = unless_refused([] { return read_slot_file<Answer>(path()); });
  if (accepted) require(stored && same(*stored, expected), "read from the file");
  (void)unless_refused([] { return read_slot_file<Scores<4>>(path()); });
  std::unique_ptr<SharedSlotReader<Answer>> reader;
  if constexpr (shared) {
    auto opened = unless_refused([] {
      return std::unique_ptr<SharedSlotReader<Answer>>(
          new SharedSlotReader<Answer>(SharedSlotReader<Answer>::in_file(path())));
    });
    require(opened.has_value() == accepted, "accepted by a reader");
    if (opened) reader = std::move(*opened);
    if (reader) require(same(reader->snapshot(), expected), "read from memory");
  }

  auto writer = unless_refused([] { return open_slot<Slot>(); });
  // A writer that died before the header was there, perhaps while the file grew to its size.
  const bool of_size = file.size() == layout<Slot>.size();
  const bool unfinished = file.size() <= layout<Slot>.size() &&
                          std::all_of(file.begin(), of_size ? file.begin() + sizeof(header) : file.end(),
                                      [](auto byte) { return byte == 0; });
  require(writer.has_value() == (unfinished || (accepted && expected)), "taken over by a writer");
  if (!writer) return;
  Slot& slot = **writer;
  const SlotSnapshot<Answer> before = unfinished ? SlotSnapshot<Answer>{0, 2, std::nullopt, 0} : *expected;
  const auto found = [&] { return read_slot_file<Answer>(path()); };
  require(same(found(), before), "held after the take-over");
  SlotSnapshot<Answer> after = before;
  if (begin_first) {
    slot.begin_run();
    after = {before.run + 1, before.sequence + 2, std::nullopt, 0};
    require(same(found(), after), "held after a run began");
    require(!slot.read(), "read after a run began");
  }
  for (std::size_t exit = 0; exit < 3; ++exit) {
    slot.publish(next, exit);
    after = {before.run + 1, after.sequence + 2, {{next, exit}}, before.run + 1};
    require(same(slot.snapshot(), after) && same(found(), after), "held after an output");
    if (reader) require(same(reader->snapshot(), after), "read live");
  }
  if constexpr (!shared) require(!slot.last_error(), "written to disk");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const unsigned kind = bytes.below(8);
  const bool durable = (kind & 1U) != 0, begin_first = (kind & 2U) != 0, from_scratch = (kind & 4U) != 0;
  File file;
  if (from_scratch)
    file.assign(bytes.rest().begin(), bytes.rest().end());
  else
    file = durable ? spoilt<DurableSlot<Answer>>(bytes) : spoilt<SharedSlot<Answer>>(bytes);
  const Answer next{static_cast<std::int32_t>(bytes.below(256)), 0.75f};
  durable ? check<DurableSlot<Answer>>(file, begin_first, next)
          : check<SharedSlot<Answer>>(file, begin_first, next);
  unlink(path().c_str());
  return 0;
}
