#pragma once
// Which networks the paper evaluates on which data sets, so that tables can mark those that are missing here.

#include "paper/commands.hpp"
#include "paper/report.hpp"

#include <string>
#include <vector>

namespace paper {

/// A network on a data set, of section VI.
struct Cell {
  std::string name;  ///< of its profile: network_dataset
  std::string network, data;
  double best_static = 0, ours = 0;  ///< accuracy by Table II, per cent; 0: Table II does not have it
};

using Cells = std::vector<const Cell*>;

/// In the paper's order.
/// @param networks, data as profiles are named; empty: all
[[nodiscard]] Cells cells(const std::vector<std::string>& networks, const std::vector<std::string>& data);

/// The cell that a profile of this name is of, variants such as NETWORK_DATASET_plan_aware included; null if
/// the paper has no such cell.
[[nodiscard]] const Cell* cell_of(const std::string& name);

/// Whether a cell comes before another in the paper; those that it has not, come last.
[[nodiscard]] bool earlier(const Cell* one, const Cell* other);

/// What Table II says of a network, as the table's last column.
[[nodiscard]] std::string table2_says(const Cell* cell);

/// Where all shipped profiles are shown: adds a row without figures for each of `cells` that no row, by its
/// first column, is of.
void mark_missing(const Session& session, Table& table, const Cells& cells);

}  // namespace paper
