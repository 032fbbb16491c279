# Included by project() when ROS 2 comes from the wheels on PyPI (make ros); a sourced ROS needs nothing of this.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND "${Python3_EXECUTABLE}" -c "import pathlib, rosidl_pycommon as m; print(pathlib.Path(m.__file__).parents[4])"
  OUTPUT_VARIABLE _ros_prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
list(PREPEND CMAKE_PREFIX_PATH "${_ros_prefix}")
set(ENV{AMENT_PREFIX_PATH} "${_ros_prefix}")

# The wheels export the Python include directories of the container they were built in; this Python's are needed.
function(pip_ros_fix_imported_targets)
  get_property(_targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(_target IN LISTS _targets)
    get_target_property(_dirs ${_target} INTERFACE_INCLUDE_DIRECTORIES)
    if(_dirs MATCHES "/opt/python/")
      list(FILTER _dirs EXCLUDE REGEX "^/opt/python/")
      list(APPEND _dirs ${Python3_INCLUDE_DIRS} ${Python3_NumPy_INCLUDE_DIRS})
      set_target_properties(${_target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_dirs}")
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL pip_ros_fix_imported_targets)
