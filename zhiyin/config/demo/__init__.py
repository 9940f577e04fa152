"""An invented Chinese home-appliance maker with three years of customers, whose truth is known."""

from zhiyin.config.demo.build import Demo, make_demo

__all__ = ["Demo", "make_demo"]
