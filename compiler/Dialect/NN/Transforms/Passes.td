//===- Passes.td - rewrites within the nn dialect -------------------------===//
#ifndef GMC_DIALECT_NN_TRANSFORMS_PASSES
#define GMC_DIALECT_NN_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def StabilizePass : Pass<"nn-stabilize"> {
  let summary = "computes logarithms of probabilities without overflow";
  let description = [{
    Textbook losses take logarithms of sigmoids and softmaxes, which are -inf as
    soon as the probability rounds to 0. With s = sigmoid, p = softplus:

        log s(u)        = -p(-u)        log(1 - s(u))   = -p(u)
        log1p(-s(u))    = -p(u)         log1p(e^u)      = p(u)
        log(1 + e^u)    = p(u)          log e^u         = u
        log(a / b)      = log a - log b     where log a has a form above
        log(a b)        = log a + log b     where both have
        1 / (1 + e^u)   = s(-u)
        t log s(u) + (1 - t) log(1 - s(u)) = t u - p(u)

    also through reshape, broadcast, slice and transpose. It runs before
    `--autodiff-differentiate`, so that derivatives are stable too. A value that
    some `nn.gradient` takes as its variable is never looked through: the result
    must go on depending on it.

    Example: `nn.log (nn.sigmoid %u)` becomes
    `nn.neg (nn.softplus (nn.neg %u))`.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
  let statistics = [
    Statistic<"rewritten", "rewritten", "expressions given a stable form">
  ];
}

def SimplifyPass : Pass<"nn-simplify"> {
  let summary = "folds constants and drops arithmetic that does nothing";
  let description = [{
    Patterns over `nn` ops, greedily and boundedly: constants are evaluated (in
    the precision of their type) and gathered (c1 * (c2 * x)), ones and zeros
    that change nothing vanish, shape ops of constants are constants, work on
    repeated values is done before they are repeated, sums of repeated values
    become products, transposes become flags of `nn.matmul`, and margins of
    zeros that a sum fills become `nn.concat`.

    x * 0 is only folded for a constant x: x may be infinite or NaN, which a
    training step must notice. x - x and x / x stay for the same reason. Signs
    of zeros and the last bit of products of constants may change.

    It runs after `--autodiff-differentiate` and refuses IR with `nn.gradient`
    in it, because it may cut the path to a variable.

    Example: `nn.mul %ones, %x` becomes `%x`.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
}

def MergeEqualPass : Pass<"nn-merge-equal"> {
  let summary = "computes equal values once";
  let description = [{
    MLIR's `cse`, for which two products of the same operands are equal whatever
    layer's call they are for (`use`): the first one's use stays.

    Example: the gradients that two calls hand to one weight's layer are one
    product where both calls get the same gradient.
  }];
}

def PrunePass : Pass<"nn-prune"> {
  let summary = "erases every op whose results nothing needs";
  let description = [{
    One walk backwards over each block. What no update, report or result of a
    step reads is gone afterwards: the gradient of the data, or a
    discriminator's weight gradients in a step that trains the generator.

    Example: an `nn.matmul` without users is erased, then its operands.
  }];
}

def ChannelsLastPass : Pass<"nn-channels-last"> {
  let summary = "computes convolutions on [N,H,W,C]";
  let description = [{
    A model's images are [N,C,H,W] and stay so in checkpoints, inputs and
    outputs; a vector wants neighbouring channels. Each convolution becomes one
    with `channelsLast` between transposes, its weights in panels of `width`
    lanes. The transposes that lead back move down through ops on elements,
    slices, margins, joins, reductions, and reshapes and broadcasts of space
    alone, until they meet one that leads in and both vanish:

        f(back(a), b)    ->  back(f(a, last(b)))
        sum(back(a))     ->  sum(a)
        last(back(a))    ->  a

    A transpose that only moves dimensions of extent 1 becomes a reshape.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
  let options = [
    Option<"width", "width", "int64_t", "32", "lanes of a panel of weights">
  ];
}

def FlattenEventsPass : Pass<"nn-flatten-events"> {
  let summary = "computes element-by-element chains in the shape of fewest dimensions";
  let description = [{
    A reshape between `[B,784]` and `[B,1,28,28]` costs nothing but stands
    between ops that could share a loop nest. Ops that act element by element,
    draws, broadcasts and reductions move to the collapsed side of a reshape:

        f(reshape_up(a), b)   ->  reshape_up(f(a, reshape_down(b)))
        reshape_down(f(a, b)) ->  f(reshape_down(a), reshape_down(b))
        sum(reshape_up(a))    ->  sum(a)        over the collapsed dimensions

    where the reshape only joins neighbouring dimensions, and where no operand
    is a broadcast that repeats only a part of what is joined.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
}

def FusePass : Pass<"nn-fuse"> {
  let summary = "groups ops that one loop nest computes into nn.fused";
  let description = [{
    Works on each single-block region that is not itself an `nn.fused`. After
    it, every op on elements, every reduction, product and broadcast stands in an
    `nn.fused`; weight gradients (`nn.matmul` with `transposeA`), constants, draws, iota, convert (but for single numbers),
    reshape, slice, pad, concat and transpose stay between the groups.

    Groups are grown from their last ops backwards (FusionPlan.h has the rules):
    a product with the element-by-element ops behind it; element-by-element ops
    over one shape; reductions over trailing or leading dimensions with the ops
    that feed only them. Broadcasts and constants are repeated in each group that
    reads them, comparisons too, so that no mask reaches memory.

    Example: `matmul`, `broadcast` of a bias, `add`, `relu` become one
    `nn.fused` with the body of these four ops.
  }];
  let dependentDialects = ["::gmc::nn::NNDialect"];
}

#endif // GMC_DIALECT_NN_TRANSFORMS_PASSES
