"""The box's hardware behind protocols: real drivers and simulated ones are equals."""
