// RUN: gmc-opt %s --verify-diagnostics --nn-channels-last=width=0
// RUN: gmc-opt %s --verify-diagnostics --nn-channels-last=width=-16

// expected-error @below {{width must be at least 1, not }}
module {
}
