-- Renews leases that still exist: a released one must not come back. KEYS: hashes. ARGV: the field in each.
local time = redis.call('TIME')
local now = string.format('%.6f', tonumber(time[1]) + tonumber(time[2]) / 1000000)
local renewed = 0
for i, key in ipairs(KEYS) do
  if redis.call('HEXISTS', key, ARGV[i]) == 1 then
    redis.call('HSET', key, ARGV[i], now)
    redis.call('EXPIRE', key, 86400)
    renewed = renewed + 1
  end
end
return renewed
