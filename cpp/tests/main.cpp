// Entry point of the C++ unit tests: doctest's own main. Every other file in this folder only
// includes the header, so that the framework is compiled once.

#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
