-- A hash of request id -> seconds, shared with Dify, and the limit beside it.
-- Arguments: limit, field, prefix of our fields, life of ours s, life of foreign ones s.
limiters.concurrency = {
  check = function(keys, arguments, now)
    local limit = tonumber(arguments[1])
    if redis.call('HEXISTS', keys[1], arguments[2]) == 1 then
      return nil
    end
    if redis.call('HLEN', keys[1]) < limit then
      return nil
    end
    local entries = redis.call('HGETALL', keys[1])
    local left = #entries / 2
    for i = 1, #entries, 2 do
      local ours = string.sub(entries[i], 1, #arguments[3]) == arguments[3]
      local life = tonumber(ours and arguments[4] or arguments[5])
      if now - (tonumber(entries[i + 1]) or 0) > life then
        redis.call('HDEL', keys[1], entries[i])
        left = left - 1
      end
    end
    if left >= limit then
      return 1
    end
    return nil
  end,
  apply = function(keys, arguments, now)
    redis.call('HSET', keys[1], arguments[2], string.format('%.6f', now))
    redis.call('EXPIRE', keys[1], 86400)
    redis.call('SET', keys[2], arguments[1], 'EX', 86400)
  end,
}
