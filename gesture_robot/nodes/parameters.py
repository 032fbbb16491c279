"""ROS parameters made from a config dataclass: name, type, default, text, unit and bounds stand in the dataclass only.

A nested dataclass becomes a prefix (`control.tick_s`). A tuple of rules with names, such as the sources of control,
becomes a list of names and one prefix per rule (`control.sources.names`, `control.sources.teleop.priority`).
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from gesture_robot.errors import InvalidInput, UnknownName
from gesture_robot.nodes.config.entries import NAMES, Entry, entries, rules_of

INHERENT = ("use_sim_time", "start_type_description_service", "qos_overrides")


def descriptor(entry: Entry) -> ParameterDescriptor:
    """What `ros2 param describe` shows; bounds are enforced by rclpy."""
    text = f"{entry.text} [{entry.unit}]" if entry.unit else entry.text
    made = ParameterDescriptor(name=entry.name, description=text)
    if entry.choices:
        made.additional_constraints = "one of: " + ", ".join(entry.choices)
    low, high = entry.low, entry.high
    if isinstance(entry.default, float) and (low is not None or high is not None):
        made.floating_point_range = [FloatingPointRange(from_value=float(-1e308 if low is None else low),
                                                        to_value=float(1e308 if high is None else high), step=0.0)]
    elif isinstance(entry.default, int) and not isinstance(entry.default, bool) and low is not None:
        top = 2**62 if high is None else int(high)
        made.integer_range = [IntegerRange(from_value=int(low), to_value=top, step=0)]
    return made


def declare(node: Node, config: Any) -> None:
    """Declare all parameters of `config` on `node`; rules named only in the overrides are declared too.

    Raises:
        InvalidInput: a value of the wrong type or outside its bounds; the message gives type and bounds.
    """
    overrides = node._parameter_overrides  # rclpy has no public way to see what was passed
    for entry in entries(_with_named_rules(config, overrides)):
        given = overrides[entry.name].value if entry.name in overrides else None
        if isinstance(entry.default, float) and type(given) is int:
            overrides[entry.name] = Parameter(entry.name, Parameter.Type.DOUBLE, float(given))
        try:
            if entry.default == []:  # an empty list has no type of its own; texts are the only lists that may be empty
                node.declare_parameter(entry.name, Parameter.Type.STRING_ARRAY, descriptor(entry))
            else:
                node.declare_parameter(entry.name, entry.default, descriptor(entry))
        except InvalidParameterTypeException:
            raise InvalidInput(f"parameter '{entry.name}' must be {_type_name(entry.default)} like {entry.default}, "
                               f"got {given!r}.") from None
        except InvalidParameterValueException:
            raise InvalidInput(f"parameter '{entry.name}' must be {_bounds(entry)}, got {given}.") from None


def _with_named_rules(config: Any, overrides: dict[str, Any], prefix: str = "") -> Any:
    """`config` with the rules that the overrides name, defaults of the rule's class where nothing is given."""
    changed: dict[str, Any] = {}
    rules = rules_of(config)
    for item in fields(config):
        value, name = getattr(config, item.name), prefix + item.name
        if is_dataclass(value):
            changed[item.name] = _with_named_rules(value, overrides, name + ".")
        elif item.name in rules and f"{name}.{NAMES}" in overrides:
            known, kind = {rule.name: rule for rule in value}, rules[item.name]
            changed[item.name] = tuple(known.get(n) or kind(n) for n in overrides[f"{name}.{NAMES}"].value or [])
    return replace(config, **changed) if changed else config


def read(node: Node, config: Any, prefix: str = "") -> Any:
    """A config of the same type with the values of the node's parameters; raises InvalidInput as its checks do."""
    values: dict[str, Any] = {}
    rules = rules_of(config)
    for item in fields(config):
        old, name = getattr(config, item.name), prefix + item.name
        if is_dataclass(old):
            values[item.name] = read(node, old, name + ".")
        elif item.name in rules:
            values[item.name] = tuple(_read_rule(node, rules[item.name], n, f"{name}.{n}.")
                                      for n in _value(node, f"{name}.{NAMES}") or [])
        else:
            value = _value(node, name)
            value = tuple(value or ()) if isinstance(old, tuple) else value
            values[item.name] = None if old is None and value == "" else value
    return type(config)(**values)


def _value(node: Node, name: str) -> Any:
    """The value, None for an empty list that was never set."""
    return node.get_parameter_or(name, Parameter(name)).value


def _read_rule(node: Node, kind: type, name: str, prefix: str) -> Any:
    others = {f.name: node.get_parameter(prefix + f.name).value for f in fields(kind) if f.name != "name"}
    return kind(name, **others)


def unknown(node: Node) -> list[str]:
    """Names that were passed to this node and that it does not have."""
    return [name for name in node._parameter_overrides
            if not node.has_parameter(name) and not name.startswith(INHERENT)]


def complain(node: Node, name: str, where: str) -> str:
    """One line about an unknown parameter."""
    try:
        raise UnknownName("parameter", name, (p for p in node._parameters if not p.startswith(INHERENT)))
    except UnknownName as error:
        text = str(error)
    return f"{where}: {text}" if where else text


def _type_name(default: Any) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(default), type(default).__name__)


def _bounds(entry: Entry) -> str:
    unit = f" {entry.unit}" if entry.unit else ""
    if entry.low is not None and entry.high is not None:
        return f"between {entry.low:g} and {entry.high:g}{unit}"
    return f"at least {entry.low:g}{unit}" if entry.low is not None else f"at most {entry.high:g}{unit}"


def defaults(config_type: type) -> Any:
    """An instance with the defaults; raises TypeError for a field without one."""
    assert all(f.default is not MISSING or f.default_factory is not MISSING for f in fields(config_type))
    return config_type()
