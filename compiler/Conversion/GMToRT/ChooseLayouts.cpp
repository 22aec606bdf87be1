//===- ChooseLayouts.cpp - which matrices are stored in panels ------------===//
//
// A product reads its right operand by vectors along its columns, fastest from
// panels of one vector tile. Updates are element by element, so a weight, its
// moments and its gradient can all lie in the same panels: they form a class.
// A class stays row-major if anything else touches one of its members. A weight
// that is also read the other way round (data gradients) gets a second copy.
//
//===----------------------------------------------------------------------===//
#include "compiler/Conversion/GMToRT/ArenaPlan.h"
#include "compiler/Conversion/GMToRT/EntryPlan.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SmallPtrSet.h"

#include <set>

using namespace mlir;

namespace gmc::conversion {

namespace {

/// A variable or a temporary: the plan of one, the value of the other.
using Member = const void *;

class LayoutChooser {
public:
  LayoutChooser(std::vector<EntryPlan> &entries, VariablePlans &variables,
                int64_t lanes)
      : entries(entries), variables(variables), lanes(lanes) {}

  void run() {
    for (EntryPlan &entry : entries) {
      scan(entry);
    }
    assign();
  }

private:
  Member memberOf(Value root);
  void scan(EntryPlan &entry);
  void scanProduct(Kernel &kernel);
  void scanOther(Kernel &kernel);
  void forbid(Value value);
  void assign();

  std::vector<EntryPlan> &entries;
  VariablePlans &variables;
  int64_t lanes;
  llvm::EquivalenceClasses<Member> classes;
  llvm::SmallPtrSet<Member, 16> forbidden;
  /// Axes along which products read a variable.
  llvm::MapVector<VariablePlan *, std::set<int64_t>> wanted;
};

Member LayoutChooser::memberOf(Value root) {
  Member member = root.getAsOpaquePointer();
  if (auto read = root.getDefiningOp<gm::ReadOp>()) {
    member = &variables.find(read.getVariable())->second;
  }
  classes.insert(member);
  return member;
}

void LayoutChooser::forbid(Value value) {
  forbidden.insert(memberOf(rootOf(value)));
}

bool isMatrix(Value value) {
  return cast<RankedTensorType>(value.getType()).getRank() == 2;
}

void LayoutChooser::scanProduct(Kernel &kernel) {
  for (auto [i, input] : llvm::enumerate(kernel.inputs)) {
    auto read = input.getDefiningOp<gm::ReadOp>();
    if (i == 1 && read && kernel.inputs[0] != input) {
      // A member even if nothing else, such as an update, touches it.
      VariablePlan *variable = &variables.find(read.getVariable())->second;
      classes.insert(variable);
      wanted[variable].insert(kernel.columnAxis);
    } else {
      forbid(input);
    }
  }
  for (Value output : kernel.outputs) {
    if (!kernel.bare) {
      forbid(output);
    }
  }
}

void LayoutChooser::scanOther(Kernel &kernel) {
  for (Value value : kernel.inputs) {
    bool follows = kernel.inPlace.contains(value) && isMatrix(value) &&
                   rootOf(value) == value;
    if (follows) {
      for (Value output : kernel.outputs) {
        classes.unionSets(memberOf(value), memberOf(output));
      }
    } else if (!kernel.anyOrder.contains(value) || rootOf(value) != value) {
      forbid(value);
    }
  }
  bool allInPlace = llvm::all_of(kernel.inputs, [&](Value value) {
    return kernel.inPlace.contains(value) ||
           cast<RankedTensorType>(value.getType()).getRank() == 0;
  });
  for (Value output : kernel.outputs) {
    // A broadcast row or a draw inside needs the logical position.
    if (!allInPlace || kernel.draws) {
      forbid(output);
    }
  }
}

void LayoutChooser::scan(EntryPlan &entry) {
  for (Kernel &kernel : entry.launches) {
    if (kernel.isConvolution) {
      llvm::for_each(kernel.inputs, [&](Value input) { forbid(input); });
      llvm::for_each(kernel.outputs, [&](Value output) { forbid(output); });
    } else if (kernel.product.empty()) {
      scanOther(kernel);
    } else {
      scanProduct(kernel);
    }
  }
  for (Operation &op : entry.entry.getBody().front()) {
    if (auto output = dyn_cast<gm::OutputOp>(op)) {
      forbid(output.getValue());
    } else if (auto write = dyn_cast<gm::WriteOp>(op)) {
      Member variable = &variables.find(write.getVariable())->second;
      classes.insert(variable);
      Value root = rootOf(write.getValue());
      classes.unionSets(variable, memberOf(root));
      if (root != write.getValue()) {
        forbid(root);
      }
    }
  }
}

void LayoutChooser::assign() {
  llvm::SmallPtrSet<Member, 16> dense;
  for (Member member : forbidden) {
    dense.insert(classes.getLeaderValue(member));
  }
  llvm::DenseMap<Member, Layout> layouts; // by leader
  for (auto &[variable, axes] : wanted) {
    Member leader = classes.getLeaderValue(variable);
    if (!dense.contains(leader)) {
      layouts.try_emplace(leader, Layout{*axes.begin(), lanes});
    }
  }
  auto layoutOf = [&](Member member) {
    return layouts.lookup(classes.getLeaderValue(member));
  };
  for (auto &[name, variable] : variables) {
    classes.insert(&variable);
    Layout layout = layoutOf(&variable);
    variable.layouts = {layout};
    auto axes = wanted.find(&variable);
    if (layout.width == 0 || axes == wanted.end()) {
      continue;
    }
    for (int64_t axis : axes->second) {
      if (axis != layout.axis) {
        variable.layouts.push_back(Layout{axis, lanes});
      }
    }
  }
  for (EntryPlan &entry : entries) {
    for (Kernel &kernel : entry.launches) {
      for (Value output : kernel.outputs) {
        Layout layout = layoutOf(memberOf(output));
        if (layout.width != 0) {
          entry.layouts[output] = layout;
        }
      }
    }
  }
}

} // namespace

void chooseLayouts(std::vector<EntryPlan> &entries, VariablePlans &variables,
                   int64_t lanes) {
  if (lanes > 0) {
    LayoutChooser(entries, variables, lanes).run();
    return;
  }
  for (auto &[name, variable] : variables) {
    variable.layouts = {Layout()};
  }
}

} // namespace gmc::conversion
