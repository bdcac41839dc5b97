#pragma once
// The tables and figures of the paper's section VI, one function each.

#include "paper/options.hpp"
#include "paper/report.hpp"
#include "paper/study.hpp"

#include <memory>
#include <string>
#include <vector>

namespace paper {

using Studies = std::vector<std::unique_ptr<Study>>;

/// What the commands work with.
struct Session {
  const Options& options;
  Report& report;
  Studies& studies;
  bool shipped =
      false;  ///< all shipped profiles are shown: tables mark the paper's networks that are missing

  [[nodiscard]] Protocol protocol() const {
    return options.held_out ? Protocol::held_out : Protocol::as_paper;
  }
};

void table1(Session& session);
void table2(Session& session);
void table3(Session& session);
void fig4(Session& session);
void fig8(Session& session);
void fig9(Session& session);
void fig10(Session& session);
void fig11(Session& session);
void fig12(Session& session);
void fig13(Session& session);
void fig14(Session& session);
void price(Session& session);  // not of the paper

}  // namespace paper
