#pragma once
// What the disk holds of a file after a power cut. This is a simulation: what was written before the last
// completed sync is there; of what came later, any sectors are, and any number of the first new names.

#include "power_cut/log.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace example::power_cut {

constexpr std::uint64_t sector = 512;

/// Numbers of the last answers whose publish() began and returned; 0 for none.
struct LastPublish {
  std::uint64_t began = 0, returned = 0;
};

enum class Syncs {
  kept,
  ignored,  ///< from the first answer on
};

/// A moment of the log: before events[at].
struct Moment {
  const std::vector<Event>* events;
  std::size_t at;
  Syncs syncs = Syncs::kept;

  [[nodiscard]] auto begin() const { return events->begin(); }
  [[nodiscard]] auto end() const { return events->begin() + static_cast<std::ptrdiff_t>(at); }
  [[nodiscard]] LastPublish last_publish() const {
    LastPublish last;
    for (const Event& event : *this) {
      if (const auto* const publish = std::get_if<PublishBegan>(&event)) last.began = publish->number;
      if (const auto* const publish = std::get_if<PublishReturned>(&event)) last.returned = publish->number;
    }
    return last;
  }
  /// No sync from here on has had an effect.
  [[nodiscard]] std::size_t synced_until() const {
    if (syncs == Syncs::kept) return at;
    const auto first = std::find_if(begin(), end(), [](const Event& event) {
      const auto* const publish = std::get_if<PublishBegan>(&event);
      return publish != nullptr && publish->number != 0;
    });
    return static_cast<std::size_t>(first - begin());
  }
};

/// The file that `name` leads to, if any. Of the names since the last sync of the folder, the first few are
/// on disk.
inline std::optional<std::size_t> file_named(const std::string& name, const Moment& moment,
                                             std::mt19937_64& random) {
  const std::size_t synced_until = moment.synced_until();
  std::size_t safe = 0, all = 0;
  for (std::size_t k = 0; k < moment.at; ++k) {
    const Event& event = (*moment.events)[k];
    if (std::holds_alternative<Created>(event) || std::holds_alternative<Renamed>(event)) ++all;
    if (std::holds_alternative<FolderSynced>(event) && k < synced_until) safe = all;
  }
  std::size_t kept = std::uniform_int_distribution<std::size_t>(safe, all)(random);
  std::map<std::string, std::size_t> names;
  for (const Event& event : moment) {
    const auto* const created = std::get_if<Created>(&event);
    const auto* const renamed = std::get_if<Renamed>(&event);
    if (created == nullptr && renamed == nullptr) continue;
    if (kept-- == 0) break;
    if (created != nullptr) {
      names[created->name] = created->file;
    } else {
      names[renamed->to] = names.at(renamed->from);
      names.erase(renamed->from);
    }
  }
  const auto found = names.find(name);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

/// The bytes of a file. Its length is one that it has had since the last sync.
inline std::vector<char> bytes_of(std::size_t file, const Moment& moment, std::mt19937_64& random) {
  std::size_t safe = 0;  // events before this one are on disk
  for (std::size_t k = 0, synced_until = moment.synced_until(); k < synced_until; ++k) {
    const auto* const synced = std::get_if<Synced>(&(*moment.events)[k]);
    if (synced != nullptr && synced->file == file) safe = k;
  }
  // Many or few of the later sectors: with always half of them, no cut would find old ones.
  std::bernoulli_distribution kept(std::uniform_real_distribution<double>(0, 1)(random));
  std::vector<char> bytes;
  std::uint64_t length = 0;
  for (std::size_t k = 0; k < moment.at; ++k) {
    const Event& event = (*moment.events)[k];
    const auto there = [&] { return k < safe || kept(random); };
    const auto grow = [&](std::uint64_t to) {
      if (to <= bytes.size()) return;
      bytes.resize(to);
      if (there()) length = to;
    };
    if (const auto* const allocated = std::get_if<Allocated>(&event);
        allocated != nullptr && allocated->file == file)
      grow(allocated->size);
    const auto* const written = std::get_if<Written>(&event);
    if (written == nullptr || written->file != file) continue;
    const std::uint64_t end = written->at + written->bytes.size();
    grow(end);
    for (std::uint64_t from = written->at; from < end;) {
      const std::uint64_t to = (std::min)(end, (from / sector + 1) * sector);
      if (there())
        std::copy_n(written->bytes.begin() + static_cast<std::ptrdiff_t>(from - written->at), to - from,
                    bytes.begin() + static_cast<std::ptrdiff_t>(from));
      from = to;
    }
  }
  bytes.resize(length);
  return bytes;
}

/// What is left of the file `name`: nothing if there is none.
inline std::optional<std::vector<char>> after_cut(const std::string& name, const Moment& moment,
                                                  std::mt19937_64& random) {
  const auto file = file_named(name, moment, random);
  if (!file) return std::nullopt;
  return bytes_of(*file, moment, random);
}

/// What other processes see of it, or would if there were no cut.
inline std::optional<std::vector<char>> without_cut(const std::string& name, const Moment& moment) {
  std::vector<Event> synced(moment.begin(), moment.end());
  synced.emplace_back(FolderSynced{});
  for (std::size_t file = 0; file < moment.at; ++file) synced.emplace_back(Synced{file});
  std::mt19937_64 any;
  return after_cut(name, {&synced, synced.size()}, any);
}

}  // namespace example::power_cut
