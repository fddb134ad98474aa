-- Stores a loaded value unless the key was invalidated since the load began.
-- KEYS: value, mark. ARGV: mark seen before the load, value, lifetime ms.
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
