-- Asks a run to stop when the caller may. KEYS: a key that tells whose it is, stop flag, and for workflows their
-- commands and the flag of these. ARGV: hash field of that key or '' for a plain value, expected value, flag lifetime s,
-- channel, run id, and for workflows the command and the lifetime of commands.
local actual
if ARGV[1] == '' then
  actual = redis.call('GET', KEYS[1])
else
  actual = redis.call('HGET', KEYS[1], ARGV[1])
end
if actual ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[2], '1', 'EX', ARGV[3])
if KEYS[3] then
  redis.call('RPUSH', KEYS[3], ARGV[6])
  redis.call('EXPIRE', KEYS[3], ARGV[7])
  redis.call('SET', KEYS[4], '1', 'EX', ARGV[7])
end
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
