"""Forms, one file per concept: shape and coercion only, meaning is the verb's."""
