-- Counts a failure; each one prolongs the memory of all. KEYS: counter. ARGV: lifetime s.
local count = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return count
