-- Replaces a live token by a new one and tells whose it is; false when it is not live.
-- KEYS: shown token, new token. ARGV: shown token, new token, lifetime s, prefix of account keys.
local account = redis.call('GET', KEYS[1])
if not account then
  return false
end
redis.call('DEL', KEYS[1])
local account_key = ARGV[4] .. account
local live = redis.call('GET', account_key)
if live and live ~= ARGV[1] then
  return false
end
redis.call('SET', KEYS[2], account, 'EX', ARGV[3])
redis.call('SET', account_key, ARGV[2], 'EX', ARGV[3])
return account
