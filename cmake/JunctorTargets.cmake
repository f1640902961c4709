# The functions with which each folder declares its one library or test, and the warning wall that all share.

# What every target of ours is compiled with. Third-party headers are system headers and exempt.
add_library(junctor_flags INTERFACE)
target_compile_features(junctor_flags INTERFACE cxx_std_20)
target_compile_options(junctor_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
# GCC 12 sees an overlap in `"x" + std::to_string(n)` that is none (GCC bug 105329), and takes the value of an empty std::optional
# for one that is read (80635).
target_compile_options(junctor_flags INTERFACE "$<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized>")
target_include_directories(junctor_flags INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
if(JUNCTOR_WERROR)
  target_compile_options(junctor_flags INTERFACE -Werror)
endif()
# Where everything is compiled anew, as in CI, ten files of a library are compiled as one, in less than half of the time. GCC then takes
# what is in an anonymous namespace for something of a header.
if(CMAKE_UNITY_BUILD)
  target_compile_options(junctor_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(JUNCTOR_SANITIZE)
  target_compile_options(junctor_flags INTERFACE -fsanitize=${JUNCTOR_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(junctor_flags INTERFACE -fsanitize=${JUNCTOR_SANITIZE})
  if(JUNCTOR_SANITIZE MATCHES thread)
    # ThreadSanitizer knows no fences; asio's locks order the same things.
    target_compile_definitions(junctor_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
    target_compile_options(junctor_flags INTERFACE -Wno-tsan)
  endif()
endif()

# Hundreds of test programs are linked: with lld, where it is there, in a fraction of the time.
find_program(JUNCTOR_LLD ld.lld)
if(JUNCTOR_LLD AND CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_link_options(-fuse-ld=lld)
endif()

# junctor_library(NAME runtime_program SOURCES a.cc DEPS junctor_x absl::status)
function(junctor_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;DEPS" ${ARGN})
  add_library(junctor_${ARG_NAME} STATIC ${ARG_SOURCES})
  target_link_libraries(junctor_${ARG_NAME} PUBLIC junctor_flags ${ARG_DEPS})
endfunction()

# GoogleTest is half of what a test's compilation costs: where everything is compiled anew, as in CI, it is read once.
if(JUNCTOR_TEST_PCH)
  find_package(GTest REQUIRED)
  file(WRITE ${CMAKE_BINARY_DIR}/test_pch.cc "")
  add_library(junctor_test_pch OBJECT ${CMAKE_BINARY_DIR}/test_pch.cc)
  target_link_libraries(junctor_test_pch PRIVATE junctor_flags GTest::gtest GTest::gmock)
  target_compile_options(junctor_test_pch PRIVATE -pthread)  # as its users have it
  target_precompile_headers(junctor_test_pch PRIVATE <gmock/gmock.h> <gtest/gtest.h> <map> <memory> <optional> <string> <string_view> <vector>)
endif()

# The tests that several threads take part in: what ThreadSanitizer runs (ctest -L concurrent).
add_custom_target(concurrent_tests)

# junctor_test(NAME program_test SOURCES a_test.cc DEPS junctor_x [CONCURRENT]): a GoogleTest binary that ctest runs as one test.
function(junctor_test)
  cmake_parse_arguments(ARG "CONCURRENT" "NAME" "SOURCES;DEPS" ${ARGN})
  add_executable(${ARG_NAME} ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME} PRIVATE junctor_flags ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  if(JUNCTOR_TEST_PCH)
    target_compile_options(${ARG_NAME} PRIVATE -pthread)
    target_precompile_headers(${ARG_NAME} REUSE_FROM junctor_test_pch)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${ARG_NAME})
  set_tests_properties(${ARG_NAME} PROPERTIES ENVIRONMENT "JUNCTOR_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
  if(ARG_CONCURRENT)
    set_tests_properties(${ARG_NAME} PROPERTIES LABELS concurrent)
    add_dependencies(concurrent_tests ${ARG_NAME})
  endif()
endfunction()

# Adds each direct child folder that has a CMakeLists.txt, in the order given first, then the rest.
function(junctor_add_children)
  foreach(child ${ARGN})
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${child}/CMakeLists.txt)
      add_subdirectory(${child})
    endif()
  endforeach()
endfunction()
