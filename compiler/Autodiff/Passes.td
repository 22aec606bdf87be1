//===- Passes.td - passes of reverse-mode differentiation -----------------===//
#ifndef GMC_AUTODIFF_PASSES
#define GMC_AUTODIFF_PASSES

include "mlir/Pass/PassBase.td"

def DifferentiatePass : Pass<"autodiff-differentiate"> {
  let summary = "writes out every nn.gradient as ordinary nn ops";
  let description = [{
    Each `nn.gradient %y wrt %x` is replaced by the ops that compute it, built
    right before it and located where the op they differentiate is. Requests are
    written out in program order, so that a gradient of a gradient finds the
    inner one as ordinary ops. A variable that `y` does not depend on has a
    gradient of zeros. Once no request is left, `nn.stop` has no meaning any
    more and is removed.

    Works in every single-block region below the op it runs on; `y` and what is
    between it and the variables must lie in the block of the request.

    Example: `%y = nn.exp %x` and `%g = nn.gradient %y wrt %x` become
    `%y = nn.exp %x` and `%g = nn.mul %ones, %y`.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
}

#endif // GMC_AUTODIFF_PASSES
