#include "paper/cells.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace paper {

namespace {

std::vector<Cell> all_cells() {
  struct Row {
    const char* network;
    double cifar10[2], cifar100[2];  // Table II: best static plan, EINet
  };
  constexpr Row rows[] = {
      {"b_alexnet", {78.43, 78.71}, {46.40, 46.41}},  {"resnet50", {85.62, 86.65}, {62.73, 63.29}},
      {"flex_vgg16", {88.10, 88.23}, {65.88, 66.03}}, {"msdnet21", {80.87, 81.11}, {62.25, 63.92}},
      {"vgg16", {88.98, 89.12}, {65.63, 66.08}},      {"msdnet40", {86.38, 86.60}, {66.14, 67.93}},
  };
  std::vector<Cell> cells;
  const auto add = [&](const std::string& network, const std::string& data, double best, double ours) {
    cells.push_back({network + "_" + data, network, data, best, ours});
  };
  for (const Row& row : rows) add(row.network, "mnist", 0, 0);
  for (const Row& row : rows) add(row.network, "cifar10", row.cifar10[0], row.cifar10[1]);
  for (const Row& row : rows) add(row.network, "cifar100", row.cifar100[0], row.cifar100[1]);
  return cells;
}

const std::vector<Cell>& known() {
  static const std::vector<Cell> cells = all_cells();
  return cells;
}

bool among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Cells cells(const std::vector<std::string>& networks, const std::vector<std::string>& data) {
  Cells found;
  for (const Cell& cell : known())
    if (among(networks, cell.network) && among(data, cell.data)) found.push_back(&cell);
  return found;
}

const Cell* cell_of(const std::string& name) {
  for (const Cell& cell : known())
    if (name.starts_with(cell.name) && (name.size() == cell.name.size() ||
                                        std::string("_ ,").find(name[cell.name.size()]) != std::string::npos))
      return &cell;
  return nullptr;
}

bool earlier(const Cell* one, const Cell* other) {
  return one != nullptr && (other == nullptr || one < other);  // both in known()
}

std::string table2_says(const Cell* cell) {
  if (cell == nullptr || cell->ours == 0) return "not in its table";
  return text("%.2f to %.2f, %+.2f", cell->best_static, cell->ours, cell->ours - cell->best_static);
}

void mark_missing(const Session& session, Table& table, const Cells& cells) {
  if (!session.shipped) return;
  for (const Cell* const cell : cells) {
    std::size_t before = table.rows.size(),
                after = 0;  // the first row of a later cell, the last of an earlier
    bool there = false;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const Cell* const other = cell_of(table.rows[i][0]);
      there = there || other == cell;
      if (earlier(other, cell)) after = i + 1;
      if (other != nullptr && earlier(cell, other)) before = (std::min)(before, i);
    }
    if (there) continue;
    std::vector<std::string> row(table.head.size(), "-");
    row[0] = cell->name + " (not trained here)";
    const auto at = static_cast<std::ptrdiff_t>(after > 0 ? after : before);
    table.rows.insert(table.rows.begin() + at, std::move(row));
  }
}

}  // namespace paper
