//===- Passes.td - passes on the gm dialect -------------------------------===//
#ifndef GMC_DIALECT_GM_TRANSFORMS_PASSES
#define GMC_DIALECT_GM_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def ExpandObjectivesPass : Pass<"gm-expand-objectives", "::mlir::ModuleOp"> {
  let summary = "writes gm.minimize out as gradients, norms, clipping and updates";
  let description = [{
    Each gm.minimize becomes an nn.gradient of its objective with respect to its
    parameters and nothing else, the sum of squares of each network's gradients
    (`gm.output norm`), clipping by the global norm where asked for, and the
    optimiser's rule; the optimiser's state becomes gm.variables. All updates of
    an entry read the values of its start. Minimisers of one entry that share an
    optimiser state add their gradients.

    ```mlir
    gm.minimize %l over [@w] using sgd(%lr, %mu) state "s" updates 1
    // becomes
    %g = nn.gradient %l wrt %w
    %s = nn.mul %lr1, %g
    %w1 = nn.sub %w, %s
    gm.write %w1 to @w
    ```
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
}

#endif // GMC_DIALECT_GM_TRANSFORMS_PASSES
