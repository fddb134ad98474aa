-- Keeps a run and its events for longer after their last write than is usual, whichever process writes next.
-- KEYS: run, events. ARGV: lifetime s.
if redis.call('EXISTS', KEYS[1]) == 1 then
  local known = tonumber(redis.call('HGET', KEYS[1], 'keep') or '0')
  if known < tonumber(ARGV[1]) then
    redis.call('HSET', KEYS[1], 'keep', ARGV[1])
  end
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
return redis.call('EXPIRE', KEYS[2], ARGV[1])
