"""The designer engine: generator and judge as columns of NeMo Data Designer, run in-process."""
