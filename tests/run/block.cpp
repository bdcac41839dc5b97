// Which types are blocks and networks, and which are not; tests/run/elastic_runner.cpp runs them.
#include "catch.hpp"

#include <einet/run/answer.hpp>
#include <einet/run/block.hpp>
#include <einet/run/stop.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

using namespace einet;

namespace blocks {  // tests are compiled together

struct Features {};
using Token = std::stop_token;

/// Neither half takes the stop; both are const.
struct Plain {
  void advance(Features&) const {}
  Answer classify(const Features&) const { return {3, .5f}; }
};
/// Both halves take the stop.
struct Polling {
  bool advance(Features&, const Token&) const { return true; }
  std::optional<Answer> classify(const Features&, const Token&) const { return Answer{}; }
};
struct Changing {
  void advance(Features&) {}
  Answer classify(const Features&) { return {}; }
};
struct ConvPartOnly {
  void advance(Features&) const {}
};
struct BranchOnly {
  Answer classify(const Features&) const { return {}; }
};
/// Names without the right results.
struct Wrong {
  int advance(Features&) const { return 0; }
  void advance(Features&, const Token&) const {}
  std::string classify(const Features&) const { return {}; }
  Answer classify(const Features&, const Token&) const { return {}; }  // cannot say that it stopped early
};
struct NeedsMutableFeatures {
  void advance(Features&) const {}
  Answer classify(Features&) const { return {}; }
};

/// Outputs.
struct Sure {
  float sure;
  friend float confidence(const Sure& output) noexcept { return output.sure; }
};
struct Unsure {
  float confidence;  // a member, not a function
};
struct Owner {
  std::string text;
  friend float confidence(const Owner&) noexcept { return 1; }
};
struct Wordy {
  friend std::string confidence(const Wordy&) { return {}; }
};
struct LikeAnAnswer {  // converts to an output, but is none
  operator Answer() const { return {}; }
};

static_assert(has_confidence<Answer> && has_confidence<Scores<10>> && has_confidence<Sure>);
static_assert(has_confidence<std::variant<Answer, Scores<10>>> && has_confidence<std::variant<Sure, Answer>>);
static_assert(!has_confidence<Unsure> && !has_confidence<Owner> && !has_confidence<Wordy>);
static_assert(!has_confidence<LikeAnAnswer> && !has_confidence<std::variant<Answer, Unsure>>);
static_assert(!has_confidence<float>);

static_assert(advances<Plain, Features> && advances<const Plain, Features> && advances<Changing, Features>);
static_assert(!advances<const Changing, Features> && !advances<Polling, Features>);
static_assert(!advances<Plain, int> && !advances<Wrong, Features> && !advances<BranchOnly, Features>);

static_assert(advances_until<Polling, Features, Token> && !advances_until<Plain, Features, Token>);
static_assert(!advances_until<Polling, Features, never_stop> && !advances_until<Wrong, Features, Token>);

static_assert(classifies<Plain, Features, Answer> && classifies<const BranchOnly, Features, Answer>);
static_assert(classifies<Plain, Features, std::variant<Answer, Sure>>);  // converts
static_assert(!classifies<Plain, Features, Sure> && !classifies<Wrong, Features, Answer>);
static_assert(!classifies<const Changing, Features, Answer> && !classifies<ConvPartOnly, Features, Answer>);
static_assert(!classifies<NeedsMutableFeatures, Features, Answer> && !classifies<Polling, Features, Answer>);

static_assert(classifies_until<Polling, Features, Answer, Token>);
static_assert(!classifies_until<Polling, Features, Sure, Token>);
static_assert(!classifies_until<Polling, Features, Answer, never_stop>);
static_assert(!classifies_until<Wrong, Features, Answer, Token>);

static_assert(elastic_block<Plain, Features, Answer> && elastic_block<const Plain, Features, Answer, Token>);
static_assert(elastic_block<Polling, Features, Answer, Token> && !elastic_block<Polling, Features, Answer>);
static_assert(elastic_block<Changing, Features, Answer> && !elastic_block<const Changing, Features, Answer>);
static_assert(!elastic_block<ConvPartOnly, Features, Answer> && !elastic_block<BranchOnly, Features, Answer>);
static_assert(!elastic_block<Plain, Features, Unsure> && !elastic_block<Wrong, Features, Answer, Token>);

static_assert(elastic_network<std::array<Plain, 3>> && elastic_network<const std::vector<Plain>>);
static_assert(elastic_network<std::tuple<Plain, Changing>> && elastic_network<std::span<Plain>>);
static_assert(elastic_network<std::vector<std::unique_ptr<Changing>>>);
static_assert(!elastic_network<Plain> && !elastic_network<int> && !elastic_network<Plain[3]>);

static_assert(block_count(std::array<Plain, 3>{}) == 3 && block_count(std::tuple<Plain, Changing>{}) == 2);

}  // namespace blocks

TEST_CASE("a network is counted and visited whatever holds its blocks", "[run][block]") {
  using blocks::Plain;
  const auto label = [](auto& network, std::size_t k) {
    return detail::visit_block(network, k,
                               [](auto& block) { return detail::classify(block, blocks::Features{}).label; });
  };
  std::vector<std::unique_ptr<Plain>> held;
  held.push_back(std::make_unique<Plain>());
  CHECK(block_count(held) == 1);
  CHECK(label(held, 0) == 3);
  const std::tuple<Plain, Plain*> mixed{Plain{}, held[0].get()};
  CHECK(block_count(mixed) == 2);
  CHECK(label(mixed, 0) == 3);
  CHECK(label(mixed, 1) == 3);
}
