// RUN: gmc-opt %s --verify-diagnostics --form-kernels=lanes=-1
// RUN: gmc-opt %s --verify-diagnostics --form-kernels=lanes=4294967296

// expected-error @below {{lanes must be from 0 to 1024, not }}
module {
}
