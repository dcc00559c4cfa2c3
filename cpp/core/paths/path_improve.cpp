// Improving a tree piece by piece: take a node, open it up until some operands are found below it,
// and contract those in the best order there is.
#include <algorithm>
#include <limits>
#include <utility>

#include "core/paths/path_methods.hpp"
#include "core/paths/path_size_table.hpp"

namespace flopscope {

namespace {

std::size_t at(int index) noexcept { return static_cast<std::size_t>(index); }

template <class Set>
class Tree {
 public:
  Tree(const Network& network, const NodePath& path)
      : network_{network}, size_{network.sizes}, local_(network.sizes.size(), -1) {
    const int count = network.count();
    nodes_.resize(at(2 * count - 1));
    for (int operand = 0; operand < count; ++operand) {
      nodes_[at(operand)].legs = set_of<Set>(network.terms[at(operand)], network.sizes.size());
    }
    std::vector<int> left(network.sizes.size(), 0);  // of each label, operands not below a node
    network.terms.each([&](int label) { ++left[at(label)]; });
    for (const int label : network.output) ++left[at(label)];
    int next = count;
    for (const PathStep& step : path) {
      Node& node = nodes_[at(next++)];
      node.left = step[0];
      node.right = step[1];
      const Set& a = nodes_[at(step[0])].legs;
      const Set& b = nodes_[at(step[1])].legs;
      node.legs = a | b;
      // Of each label, the number of nodes at hand that hold it, and the output.
      (a & b).each([&](int label) { --left[at(label)]; });
      (a | b).each([&](int label) {
        if (left[at(label)] == 1) node.legs.remove(label);
      });
      price(node);
    }
  }

  double total() const {
    double sum = 0.0;
    for (const Node& node : nodes_) sum += node.cost;
    return sum;
  }

  void improve(int window, double largest, std::uint64_t& work_left) {
    const int root = static_cast<int>(nodes_.size()) - 1;
    bool changes = true;
    while (changes && work_left > 0) {
      changes = false;
      std::vector<int> order;
      for (int node = network_.count(); node <= root; ++node) order.push_back(node);
      // The dearest first: what is gained there makes the most of a limit.
      std::stable_sort(order.begin(), order.end(),
                       [&](int a, int b) { return nodes_[at(a)].cost > nodes_[at(b)].cost; });
      for (const int node : order) {
        if (work_left == 0) break;
        if (open(node, window) && replace(node, largest, work_left)) changes = true;
      }
    }
  }

  NodePath path() const {
    NodePath out;
    out.reserve(at(network_.count() - 1));
    std::vector<int> renamed(nodes_.size());
    for (int operand = 0; operand < network_.count(); ++operand) renamed[at(operand)] = operand;
    // Children before parents, without recursion: trees can be deep.
    std::vector<int> order;
    std::vector<int> stack{static_cast<int>(nodes_.size()) - 1};
    while (!stack.empty()) {
      const int node = stack.back();
      stack.pop_back();
      if (node < network_.count()) continue;
      order.push_back(node);
      stack.push_back(nodes_[at(node)].left);
      stack.push_back(nodes_[at(node)].right);
    }
    int next = network_.count();
    for (std::size_t i = order.size(); i-- > 0;) {
      const Node& node = nodes_[at(order[i])];
      const auto [a, b] = std::minmax(renamed[at(node.left)], renamed[at(node.right)]);
      out.push_back({a, b});
      renamed[at(order[i])] = next++;
    }
    return out;
  }

 private:
  struct Node {
    Set legs;
    int left = -1;
    int right = -1;
    double cost = 0.0;  // of its own step
    int changed = 1;    // when its step last changed, and when the piece below it was last tried
    int tried = 0;
  };

  void price(Node& node) const {
    const Set& a = nodes_[at(node.left)].legs;
    const Set& b = nodes_[at(node.right)].legs;
    node.cost = size_(a | b) * (((a & b) - node.legs).is_empty() ? 1.0 : 2.0);
  }

  // Opens the dearest steps below a node until `window` operands are found. False: nothing to gain.
  bool open(int root, int window) {
    leaves_.assign(1, root);
    inner_.clear();
    int changed = 0;
    while (leaves_.size() < at(window)) {
      std::size_t dearest = leaves_.size();
      for (std::size_t i = 0; i < leaves_.size(); ++i) {
        if (leaves_[i] < network_.count()) continue;
        if (dearest == leaves_.size() ||
            nodes_[at(leaves_[i])].cost > nodes_[at(leaves_[dearest])].cost) {
          dearest = i;
        }
      }
      if (dearest == leaves_.size()) break;
      const int opened = leaves_[dearest];
      changed = std::max(changed, nodes_[at(opened)].changed);
      inner_.push_back(opened);
      leaves_[dearest] = nodes_[at(opened)].left;
      leaves_.push_back(nodes_[at(opened)].right);
    }
    return leaves_.size() > 2 && changed > nodes_[at(root)].tried;
  }

  // A piece as a problem of its own, labels numbered anew.
  Network piece(int root) {
    Network out;
    std::vector<int> used;
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      nodes_[at(leaves_[i])].legs.each([&](int label) {
        int& number = local_[at(label)];
        if (number < 0) {
          number = static_cast<int>(used.size());
          used.push_back(label);
          out.sizes.push_back(network_.sizes[at(label)]);
        }
        out.terms.add(number);
      });
      out.terms.close();
    }
    nodes_[at(root)].legs.each([&](int label) { out.output.push_back(local_[at(label)]); });
    for (const int label : used) local_[at(label)] = -1;
    return out;
  }

  bool replace(int root, double largest, std::uint64_t& work_left) {
    const Network problem = piece(root);
    ExactOptions options;
    options.largest = largest;
    options.bound = 0.0;
    for (const int node : inner_) options.bound += nodes_[at(node)].cost;
    const std::uint64_t set_up = 300 + 8 * problem.terms.label_count();
    work_left -= std::min(work_left, set_up);
    const ExactResult best = exact_path(problem, options, work_left);
    if (!best.path.empty()) write(root, problem, best.path);
    nodes_[at(root)].tried = now_++;
    return !best.path.empty();
  }

  // Puts new steps where the inner nodes of a piece were.
  void write(int root, const Network& problem, const NodePath& path) {
    std::vector<int> place = leaves_;  // of the nodes of the piece
    std::vector<int> free;
    for (const int node : inner_) {
      if (node != root) free.push_back(node);
    }
    // Legs follow from the operands below, but only the piece knows the operands outside.
    std::vector<int> held(problem.sizes.size(), 0);
    problem.terms.each([&](int label) { ++held[at(label)]; });
    for (const int label : problem.output) ++held[at(label)];
    std::vector<std::vector<int>> legs;
    for (std::size_t i = 0; i < problem.terms.size(); ++i) {
      legs.emplace_back(problem.terms[i].begin(), problem.terms[i].end());
    }
    std::vector<int> real(problem.sizes.size());
    for (std::size_t i = 0; i < leaves_.size(); ++i) {
      std::size_t position = 0;
      nodes_[at(leaves_[i])].legs.each(
          [&](int label) { real[at(problem.terms[i][position++])] = label; });
    }
    for (std::size_t s = 0; s < path.size(); ++s) {
      const bool is_last = s + 1 == path.size();
      const int target = is_last ? root : free[s];
      Node& node = nodes_[at(target)];
      node.left = place[at(path[s][0])];
      node.right = place[at(path[s][1])];
      const std::vector<int>& a = legs[at(path[s][0])];
      const std::vector<int>& b = legs[at(path[s][1])];
      std::vector<int> either = a;
      for (const int label : b) {
        if (std::find(a.begin(), a.end(), label) == a.end()) {
          either.push_back(label);
        } else {
          --held[at(label)];
        }
      }
      std::vector<int> kept;
      Set kept_set{network_.sizes.size()};
      for (const int label : either) {
        if (held[at(label)] == 1) continue;
        kept.push_back(label);
        kept_set.add(real[at(label)]);
      }
      node.legs = std::move(kept_set);
      node.changed = now_;
      price(node);
      legs.push_back(std::move(kept));
      place.push_back(target);
    }
  }

  const Network& network_;
  SizeTable size_;
  std::vector<Node> nodes_;  // operands, then steps in any order, the last step last
  std::vector<int> leaves_;  // of the piece that is open
  std::vector<int> inner_;
  int now_ = 1;
  std::vector<int> local_;  // scratch: numbers of labels in a piece
};

template <class F>
decltype(auto) with_tree(const Network& network, const NodePath& path, F&& f) {
  return with_label_set(network.sizes.size(), [&](const auto& empty) {
    using Set = std::decay_t<decltype(empty)>;
    Tree<Set> tree{network, path};
    return f(tree);
  });
}

}  // namespace

double cost_of(const Network& network, const NodePath& path) {
  return with_tree(network, path, [](const auto& tree) { return tree.total(); });
}

double improve_path(const Network& network, int window, double largest, std::uint64_t& work_left,
                    NodePath& path) {
  return with_tree(network, path, [&](auto& tree) {
    tree.improve(window, largest, work_left);
    path = tree.path();
    return tree.total();
  });
}

}  // namespace flopscope
