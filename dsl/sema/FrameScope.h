//===- FrameScope.h - walks in a scope of its own ---------------*- C++ -*-===//
#ifndef GMC_DSL_SEMA_FRAMESCOPE_H
#define GMC_DSL_SEMA_FRAMESCOPE_H

#include "dsl/sema/Elaborator.h"

namespace gmc::dsl {

/// Restores the caller's frame at the end of a call.
class FrameScope {
public:
  FrameScope(Elaborator &e, Frame &callee)
      : e(e), caller(std::exchange(e.frame, &callee)),
        named(std::exchange(e.namedExpr, nullptr)) {}
  ~FrameScope() {
    e.frame = caller;
    e.namedExpr = named;
  }
  FrameScope(const FrameScope &) = delete;
  FrameScope &operator=(const FrameScope &) = delete;

private:
  Elaborator &e;
  Frame *caller;
  const ast::Expr *named;
};

} // namespace gmc::dsl

#endif // GMC_DSL_SEMA_FRAMESCOPE_H
