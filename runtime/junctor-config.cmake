# find_package(junctor): gives junctor::runtime, the embeddable runtime (#include "runtime/junctor.h").
include(CMakeFindDependencyMacro)
find_dependency(absl)
find_dependency(simdjson)
find_dependency(Threads)
find_dependency(PkgConfig)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
include(${CMAKE_CURRENT_LIST_DIR}/junctor-targets.cmake)
