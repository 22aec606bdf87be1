//===- GradientCases.cpp - expressions whose derivatives are checked ------===//
#include "tests/numerics/GradientCases.h"

using namespace gmc::tests;

namespace {

const std::string matrix = "tensor<2x3xf64>";

/// y = op(a0) over a 2x3 matrix.
GradientCase unary(const std::string &op, double low, double high,
                   Kink kink = Kink::none, const std::string &attributes = "") {
  return {op,
          {op},
          {{"2x3", low, high}},
          "%y = nn." + op + " %a0 " + attributes + " : " + matrix,
          "2x3",
          kink};
}

/// y = op(a0, a1) over 2x3 matrices.
GradientCase binary(const std::string &op, double low, double high,
                    Kink kink = Kink::none) {
  return {op,
          {op},
          {{"2x3", low, high}, {"2x3", low, high}},
          "%y = nn." + op + " %a0, %a1 : " + matrix,
          "2x3",
          kink};
}

/// a0 times a leaf.
GradientCase leaf(const std::string &op, const std::string &arguments) {
  return {op,
          {op},
          {{"2x3", -2, 2}},
          "%c = nn." + op + " " + arguments + " : " + matrix +
              "\n%s = nn.sin %a0 : " + matrix +
              "\n%y = nn.mul %s, %c : " + matrix,
          "2x3"};
}

/// A function that moves elements of sin(a0), so that it has second
/// derivatives.
GradientCase moving(const std::string &op, const std::string &arguments,
                    const std::string &from, const std::string &to) {
  std::string type = "tensor<" + from + "xf64>";
  return {op,
          {op},
          {{from, -2, 2}},
          "%s = nn.sin %a0 : " + type + "\n%y = nn." + op + " %s " + arguments +
              " : " + type + " to tensor<" + to + "xf64>",
          to};
}

GradientCase reduction(const std::string &op, Kink kink) {
  return {op,
          {op},
          {{"2x3x2", -2, 2}},
          "%s = nn.mul %a0, %a0 : tensor<2x3x2xf64>\n"
          "%y = nn." +
              op +
              " %s over [0, 2] : tensor<2x3x2xf64> to "
              "tensor<3xf64>",
          "3",
          kink};
}

GradientCase matmul(const std::string &a, const std::string &b,
                    const std::string &flags) {
  return {"matmul" + flags,
          {"matmul"},
          {{a, -2, 2}, {b, -2, 2}},
          "%y = nn.matmul %a0, %a1 " + flags + " : tensor<" + a +
              "xf64>, tensor<" + b + "xf64> to tensor<2x3xf64>",
          "2x3"};
}

/// One of the three products of a convolution of x [2,2G,5,4], w [2G,2,3,2].
GradientCase convolution(const std::string &op, const std::string &a,
                         const std::string &b, const std::string &geometry,
                         const std::string &result) {
  return {op + " " + geometry,
          {op},
          {{a, -2, 2}, {b, -2, 2}},
          "%y = nn." + op + " %a0, %a1 " + geometry + " : tensor<" + a +
              "xf64>, tensor<" + b + "xf64> to tensor<" + result + "xf64>",
          result};
}

void addConvolutions(std::vector<GradientCase> &cases) {
  struct Shapes {
    std::string geometry, x, w, y;
  };
  for (const Shapes &s :
       {Shapes{"strides [1, 1] pads [1, 0, 2, 1] dilations [1, 1] groups 1",
               "2x2x5x4", "3x2x3x2", "2x3x4x6"},
        Shapes{"strides [2, 3] pads [1, 1, 0, 1] dilations [1, 1] groups 1",
               "2x1x6x5", "2x1x3x2", "2x2x3x2"},
        Shapes{"strides [2, 1] pads [2, 1, 0, 0] dilations [2, 3] groups 2",
               "1x4x5x5", "4x2x3x2", "1x4x2x2"}}) {
    cases.push_back(convolution("conv", s.x, s.w, s.geometry, s.y));
    cases.push_back(convolution("conv_input", s.y, s.w, s.geometry, s.x));
    cases.push_back(convolution("conv_weight", s.x, s.y, s.geometry, s.w));
  }
}

void addElementwise(std::vector<GradientCase> &cases) {
  cases.push_back(unary("neg", -2, 2));
  cases.push_back(unary("exp", -2, 2));
  cases.push_back(unary("log", 0.5, 3));
  cases.push_back(unary("log1p", -0.5, 3));
  cases.push_back(unary("sqrt", 0.5, 3));
  cases.push_back(unary("abs", -2, 2, Kink::zero));
  cases.push_back(unary("sign", -2, 2, Kink::zero));
  cases.push_back(unary("sin", -2, 2));
  cases.push_back(unary("cos", -2, 2));
  cases.push_back(unary("tanh", -2, 2));
  cases.push_back(unary("erf", -2, 2));
  cases.push_back(unary("lgamma", 0.2, 5));
  cases.push_back(unary("polygamma", 0.5, 5, Kink::none, "order 0"));
  cases.push_back(unary("polygamma", 0.5, 5, Kink::none, "order 2"));
  // In the uniform number alone: the concentration has a first derivative only.
  cases.push_back({"gamma_quantile",
                   {"gamma_quantile"},
                   {{"2x3", 0.1, 0.9}},
                   "%c = nn.constant 1.7 : " + matrix +
                       "\n%y = nn.gamma_quantile %a0, %c : " + matrix,
                   "2x3"});
  cases.push_back(unary("sigmoid", -3, 3));
  cases.push_back(unary("softplus", -3, 3));
  cases.push_back(unary("relu", -2, 2, Kink::zero));
  cases.push_back(unary("leaky_relu", -2, 2, Kink::zero, "slope 2.0e-1"));
  cases.push_back(binary("add", -2, 2));
  cases.push_back(binary("sub", -2, 2));
  cases.push_back(binary("mul", -2, 2));
  cases.push_back(binary("div", 0.5, 2));
  cases.push_back(binary("pow", 0.5, 2));
  cases.push_back(binary("xlogy", 0.5, 2));
  cases.push_back(binary("min", -2, 2, Kink::tie));
  cases.push_back(binary("max", -2, 2, Kink::tie));
  cases.push_back(binary("compare less", -2, 2, Kink::tie));
  cases.back().ops = {"compare"};
  cases.push_back(unary("stop", -2, 2));
  cases.back().stopped = true;
  cases.push_back({"select",
                   {"select", "compare"},
                   {{"2x3", -2, 2}, {"2x3", -2, 2}},
                   "%c = nn.compare greater %a0, %a1 : " + matrix +
                       "\n%p = nn.mul %a0, %a1 : " + matrix +
                       "\n%q = nn.sin %a0 : " + matrix +
                       "\n%y = nn.select %c, %p, %q : " + matrix,
                   "2x3",
                   Kink::tie});
  cases.push_back({"convert",
                   {"convert"},
                   {{"2x3", -2, 2}},
                   "%s = nn.sin %a0 : " + matrix +
                       "\n%c = nn.convert %s : " + matrix +
                       " to tensor<2x3xf32>"
                       "\n%y = nn.convert %c : tensor<2x3xf32> to " +
                       matrix,
                   "2x3"});
  for (const char *exponent : {"-1.0", "0.0", "1.0", "2.0", "3.0", "2.5"}) {
    cases.push_back({std::string("pow ") + exponent,
                     {"pow"},
                     {{"2x3", 0.5, 2}},
                     std::string("%c = nn.constant ") + exponent + " : " +
                         matrix + "\n%y = nn.pow %a0, %c : " + matrix,
                     "2x3"});
  }
}

void addStructural(std::vector<GradientCase> &cases) {
  cases.push_back(leaf("constant", "2.5"));
  cases.push_back(leaf("iota", "along 1"));
  cases.push_back(leaf("random_normal", "site 7"));
  cases.push_back(leaf("random_uniform", "site 8"));
  cases.push_back(moving("broadcast", "[1]", "3", "2x3x2"));
  cases.push_back(moving("reshape", "", "2x3", "3x2"));
  cases.push_back(moving("transpose", "[2, 0, 1]", "2x3x4", "4x2x3"));
  cases.push_back(moving("slice", "along 1 from 1 to 3", "2x4", "2x2"));
  cases.push_back(moving("pad", "along 1 low 1 high 2", "2x3", "2x6"));
  cases.push_back({"concat",
                   {"concat"},
                   {{"2x3", -2, 2}, {"2x2", -2, 2}},
                   "%s = nn.sin %a0 : " + matrix +
                       "\n%t = nn.exp %a1 : tensor<2x2xf64>"
                       "\n%y = nn.concat %s, %t along 1 : " +
                       matrix + ", tensor<2x2xf64> to tensor<2x5xf64>",
                   "2x5"});
  cases.push_back(reduction("sum", Kink::none));
  cases.push_back(reduction("reduce_max", Kink::equalElements));
  cases.push_back(reduction("reduce_min", Kink::equalElements));
  cases.push_back(matmul("2x4", "4x3", ""));
  cases.push_back(matmul("4x2", "4x3", "{transposeA}"));
  cases.push_back(matmul("2x4", "3x4", "{transposeB}"));
  cases.push_back(matmul("4x2", "3x4", "{transposeA, transposeB}"));
}

/// What models are made of: several ops in a row.
void addComposed(std::vector<GradientCase> &cases) {
  cases.push_back(
      {"softmax",
       {"reduce_max", "exp", "sum", "div"},
       {{"2x3", -2, 2}},
       R"(%m = nn.reduce_max %a0 over [1] : tensor<2x3xf64> to tensor<2xf64>
%mb = nn.broadcast %m [0] : tensor<2xf64> to tensor<2x3xf64>
%d = nn.sub %a0, %mb : tensor<2x3xf64>
%e = nn.exp %d : tensor<2x3xf64>
%s = nn.sum %e over [1] : tensor<2x3xf64> to tensor<2xf64>
%sb = nn.broadcast %s [0] : tensor<2xf64> to tensor<2x3xf64>
%y = nn.div %e, %sb : tensor<2x3xf64>)",
       "2x3",
       Kink::equalElements});
  cases.push_back(
      {"layer",
       {"matmul", "broadcast", "add", "tanh", "reshape"},
       {{"2x4", -2, 2}, {"6x4", -1, 1}, {"6", -1, 1}},
       R"(%p = nn.matmul %a0, %a1 {transposeB} : tensor<2x4xf64>, tensor<6x4xf64> to tensor<2x6xf64>
%b = nn.broadcast %a2 [1] : tensor<6xf64> to tensor<2x6xf64>
%s = nn.add %p, %b : tensor<2x6xf64>
%t = nn.tanh %s : tensor<2x6xf64>
%r = nn.reshape %t : tensor<2x6xf64> to tensor<2x1x2x3xf64>
%q = nn.mul %r, %r : tensor<2x1x2x3xf64>
%y = nn.sum %q over [1, 2, 3] : tensor<2x1x2x3xf64> to tensor<2xf64>)",
       "2"});
  cases.push_back(
      {"split",
       {"slice", "exp", "mul", "add"},
       {{"2x6", -1, 1}},
       R"(%m = nn.slice %a0 along 1 from 0 to 3 : tensor<2x6xf64> to tensor<2x3xf64>
%v = nn.slice %a0 along 1 from 3 to 6 : tensor<2x6xf64> to tensor<2x3xf64>
%e = nn.random_normal site 3 : tensor<2x3xf64>
%d = nn.exp %v : tensor<2x3xf64>
%n = nn.mul %d, %e : tensor<2x3xf64>
%y = nn.add %m, %n : tensor<2x3xf64>)",
       "2x3"});
  cases.push_back({"bce",
                   {"sigmoid", "log", "sub", "mul", "add"},
                   {{"2x3", -3, 3}, {"2x3", 0, 1}},
                   R"(%one = nn.constant 1.0 : tensor<2x3xf64>
%s = nn.sigmoid %a0 : tensor<2x3xf64>
%l = nn.log %s : tensor<2x3xf64>
%c = nn.sub %one, %s : tensor<2x3xf64>
%k = nn.log %c : tensor<2x3xf64>
%x = nn.mul %a1, %l : tensor<2x3xf64>
%n = nn.sub %one, %a1 : tensor<2x3xf64>
%z = nn.mul %n, %k : tensor<2x3xf64>
%y = nn.add %x, %z : tensor<2x3xf64>)",
                   "2x3"});
}

} // namespace

const std::vector<GradientCase> &gmc::tests::gradientCases() {
  static const std::vector<GradientCase> cases = [] {
    std::vector<GradientCase> all;
    addElementwise(all);
    addStructural(all);
    addConvolutions(all);
    addComposed(all);
    return all;
  }();
  return cases;
}
